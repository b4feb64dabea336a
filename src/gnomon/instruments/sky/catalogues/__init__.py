"""Catalogues of objects: what light curves are looked up in by position."""
