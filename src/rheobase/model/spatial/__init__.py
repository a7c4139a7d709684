"""Neurons with a shape: equations in each compartment, and currents along the branches."""
