"""Conformance suites that plug-in authors run against their own classes."""
