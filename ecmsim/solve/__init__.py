"""Newton's method for the fields and the control of time steps."""
