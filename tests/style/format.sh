#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Is every C++ file as clang-format would write it? `format.sh --fix [FILE...]` makes it so.
cd "$(dirname "$0")/../.." || exit 2
mode='--dry-run -Werror'
if [ "${1:-}" = --fix ]; then
  mode='-i'
  shift
fi
if [ $# -gt 0 ]; then
  # shellcheck disable=SC2086
  exec clang-format $mode "$@"
fi
# shellcheck disable=SC2086
find target exporter ctl tests -name build -prune -o \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 -P "$(nproc)" -n 8 clang-format $mode
