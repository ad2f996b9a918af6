"""Run folders: files, index, records, the machine and bounded workers."""
