"""Commands about DICOM files: results written as DICOM, and scans without identity."""
