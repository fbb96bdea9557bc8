"""Archives (PACS) behind one interface, over DIMSE and over DICOMweb. The packages for it come with the extra ``[pacs]``."""
