"""The speeds that gnomon promises, measured beside the peers that people use today."""
