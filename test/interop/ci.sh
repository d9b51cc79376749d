#!/usr/bin/env bash
# The suite of .ci/suites: every client against gregor, about five minutes after the clients are
# installed.
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" --against gregor
