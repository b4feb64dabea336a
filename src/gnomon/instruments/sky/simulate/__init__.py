"""A simulated sky of variable stars whose truth is known, and the archives that observed it."""
