"""`gnomon argo`: one file per group of commands."""
