"""Telemetry archives: WebPODA, WebTCAD, I-ALiRT, NOAA."""
