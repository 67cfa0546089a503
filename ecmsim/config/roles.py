"""The roles of materials in a cell, and of what kind a material must be to play one."""

ROLES = {"active_electrode": "metal", "switching_layer": "ion_conductor", "counter_electrode": "metal"}
