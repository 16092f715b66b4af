"""One reader for each artefact that a kernel build leaves behind; each states its accepted format."""
