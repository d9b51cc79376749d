#!/usr/bin/env bash
# The suite of .ci/suites: the newest Spring Boot, and older versions that are still in wide use.
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" --against gregor 4.1.0 3.1.1 3.1.1:3.3.2 2.2.13.RELEASE:2.4.1:2.4.12.RELEASE
