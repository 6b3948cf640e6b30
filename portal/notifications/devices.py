"""What people call the browser in front of them: the program and the machine, as far as it says so."""

from portal.i18n import gettext as _

# The first that is found counts: most browsers also name those they want to be taken for.
BROWSERS = {
    "Edg": "Edge",
    "SamsungBrowser/": "Samsung Internet",
    "OPR/": "Opera",
    "Vivaldi/": "Vivaldi",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
MACHINES = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "Chromebook",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


def name(user_agent: str) -> str:
    """Such as "Chrome on Android", in the current language."""
    browser = next((known for mark, known in BROWSERS.items() if mark in user_agent), "")
    machine = next((known for mark, known in MACHINES.items() if mark in user_agent), "")
    if browser and machine:
        return _("%(browser)s on %(machine)s", browser=browser, machine=machine)
    return browser or machine or _("A browser")
