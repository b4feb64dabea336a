"""Rules and physics of Argo data: arrays in, arrays out."""
