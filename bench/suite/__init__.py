"""The driver of bench/run: guests, emulators, measuring, and reports."""
