"""What the scripts of ci/ do. Each of them is a command of `python3 -m smtpspec_ci`; __main__.py lists them."""
