"""python3 -m smtpspec_ci COMMAND [ARGUMENT...], as the scripts of ci/ call it."""
import importlib
import os
import sys

from smtpspec_ci import processes

# The module of each command; its main(arguments) gives the exit code.
COMMANDS = {"bench": "bench", "campaign": "campaign", "campaigns": "campaigns", "check_reports": "reports",
            "coverage": "coverage", "demo": "demo", "long": "steps", "odd": "odd", "publish": "publish", "refresh-corpus": "corpus",
            "roots": "roots", "servers": "servers", "test": "steps"}


def main():
    os.environ.pop("PYTHONPATH", None)  # it was for this program, not for what it starts
    command, *arguments = sys.argv[1:]
    sys.argv[0] = f"ci/{command}"
    processes.exit_on_signals()
    try:
        return importlib.import_module(f"smtpspec_ci.{COMMANDS[command]}").main(arguments)
    finally:
        processes.end_all()


if __name__ == "__main__":
    sys.exit(main())
