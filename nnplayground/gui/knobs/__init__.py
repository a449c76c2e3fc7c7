"""Editors made from knobs, and the dock that holds them."""
