# SPDX-License-Identifier: LGPL-2.1-or-later
"""From what a dashboard asked and got to a picture: a page for headless Chromium, and a palette
of 256 colours, which halves the file."""

import contextlib
import json
import os
import signal
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROW, MARGIN, HEADING = 38, 12, 38  # as in app/main.tsx and app/heading.tsx
PATIENCE_MS = 8000  # of the page's own clock, which stands while the page works
ATTEMPTS, ATTEMPT_SECONDS = 3, 120
PAGE = """<!doctype html><html><head><meta charset="utf-8"><link rel="stylesheet" href="app.css">
<style>body{{margin:0;overflow:hidden}}</style></head><body><div id="root"></div>
<script>window.PAGE={data};Date.now=()=>PAGE.to*1000</script><script src="app.js"></script>
</body></html>"""
BUNDLE = ["app/main.tsx", "--bundle", "--format=iife", "--jsx=automatic", "--minify",
          "--log-level=warning",
          '--define:process.env.NODE_ENV="production"', "--loader:.svg=dataurl",
          "--loader:.woff2=dataurl", "--loader:.ttf=dataurl",
          "--alias:react-custom-scrollbars-2=./app/scrollbars.tsx"]


def bundle(folder):
    """The app with Grafana's components in it, as FOLDER/app.js."""
    subprocess.run([f"{folder}/node_modules/.bin/esbuild", *BUNDLE, f"--outfile={folder}/app.js"],
                   check=True, cwd=HERE, env={**os.environ, "NODE_PATH": f"{folder}/node_modules"})


def made_with(folder):
    with open(f"{folder}/node_modules/@grafana/ui/package.json", encoding="utf-8") as text:
        return f"drawn from the dashboard's JSON with @grafana/ui {json.load(text)['version']}"


def height_of(board):
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    return rows * ROW + HEADING + 2 * MARGIN


def drawn(command, log, path):
    """Chromium's page clock stands still now and then: it is ended then, with its children."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(log, "ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True)
    try:
        process.wait(ATTEMPT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return os.path.exists(path)


def picture(folder, chromium, page, mode, width, path):
    data = json.dumps({**page, "mode": mode, "width": width, "made": made_with(folder)})
    html = f"{folder}/page.html"
    with open(html, "w", encoding="utf-8") as text:
        text.write(PAGE.format(data=data.replace("</", "<\\/")))
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it has none for root
    command = [chromium, *sandbox, "--headless", "--disable-gpu", "--hide-scrollbars",
               "--allow-file-access-from-files", "--enable-logging=stderr",
               f"--user-data-dir={folder}/profile",
               f"--window-size={width},{height_of(page['board'])}",
               f"--virtual-time-budget={PATIENCE_MS}", f"--screenshot={path}", f"file://{html}"]
    if not any(drawn(command, f"{folder}/chromium.log", path) for _ in range(ATTEMPTS)):
        raise AssertionError(f"{path} is not drawn: {folder}/chromium.log")
    subprocess.run(["pngquant", "--force", "--skip-if-larger", "--nofs", "--strip", "--output",
                    path, "256", path], check=False)
    return os.path.getsize(path)
