"""Alert packets of ZTF and LSST, in Avro."""
