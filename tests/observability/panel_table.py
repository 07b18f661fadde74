# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints every panel with its queries as Markdown: what a dashboard asks, without Grafana. Which
panel reads which metric stands in exporter/METRICS.md."""

import catalogue as lib


def main():
    for board in lib.dashboards():
        print(f"\n### {board['title']} (`{board['uid']}`)\n")
        print("| panel | kind | queries |\n|---|---|---|")
        for panel in lib.panels(board):
            asked = "<br>".join(f"`{target['expr']}`".replace("|", "\\|")
                                for target in panel["targets"])
            print(f"| {panel['title']} | {panel['type']} | {asked} |")


if __name__ == "__main__":
    main()
