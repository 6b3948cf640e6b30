# Thin names for `python3 dev.py COMMAND`, which works without make as well. `make` alone lists the commands.
#   make test t=feed     make migration name=add_reminders     make bench name=redirect args=--quick

PYTHON ?= python3
COMMANDS := demo serve test check fix lock migration bench screenshots messages

# Only what was written on the command line: an environment variable called `name` is none of our business.
given = $(foreach one,t db name,$(if $(filter command,$(origin $(one))),$(one)=$($(one))))

.PHONY: help $(COMMANDS)

help:
	@$(PYTHON) dev.py

$(COMMANDS):
	@$(PYTHON) dev.py $@ $(given) $(if $(filter command,$(origin args)),$(args))
