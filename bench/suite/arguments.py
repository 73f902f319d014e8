"""What the bench programs' command lines have in common."""
import argparse


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line, without the usage."""
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def number_of_runs(word):
    if not word.isdigit() or int(word) == 0:
        raise argparse.ArgumentTypeError(f"'{word}' is no number from 1")
    return int(word)
