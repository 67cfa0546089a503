"""The laws of the model, one small file each, for NumPy arrays and UFL expressions alike."""
