"""Views: each draws a frame, and asks for the probes it needs."""
