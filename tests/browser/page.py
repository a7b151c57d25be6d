# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""A page in Chromium without a window, driven by its DevTools protocol over two pipes: no server, no network, no
module beside Python's own.
"""
import base64
import json
import os
import select
import subprocess
import tempfile
import time

PATIENCE = 120  # seconds: a busy machine takes its time


class Page:
    """with Page(file, width) as page: a file, opened in a window of that width."""

    def __init__(self, path, width=1280, height=900, chromium="chromium-headless-shell", dark=False):
        self.errors, self.number, self.rest = [], 0, b""
        self.profile = tempfile.TemporaryDirectory(prefix="memtrace-browser-")
        to_browser, self.to = os.pipe()
        self.back, from_browser = os.pipe()
        self.process = self.start(chromium, to_browser, from_browser)
        os.close(to_browser)
        os.close(from_browser)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.requests = []
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.until("document.documentElement?.dataset.ready === 'true' && document.readyState === 'complete'")

    def start(self, chromium, to_browser, from_browser):
        """Its ends of the pipes are the descriptors 3 and 4."""

        def move():
            high = [os.dup(fd) for fd in (to_browser, from_browser)]
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate(high)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        command = [chromium, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
                   "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
                   "--hide-scrollbars", "--user-data-dir=" + self.profile.name, "about:blank"]
        return subprocess.Popen(command, preexec_fn=move, close_fds=False, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, EOFError, TimeoutError):
            self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.to)
        os.close(self.back)
        for _ in range(50):
            try:
                self.profile.cleanup()
                return
            except OSError:  # processes of the browser that end last still write there
                time.sleep(0.1)

    def message(self, end):
        while b"\0" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.back], [], [], left)[0]:
                raise TimeoutError("no answer from the browser")
            got = os.read(self.back, 1 << 16)
            if not got:
                raise EOFError("the browser has ended")
            self.rest += got
        first, self.rest = self.rest.split(b"\0", 1)
        return json.loads(first)

    def note(self, message):
        """What the page complained about, and what it asked the network for."""
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
        elif method == "Log.entryAdded":
            self.errors.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.errors.append(str(params["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            message = self.message(end)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.note(message)

    def ask(self, expression):
        """The value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def is_true(self, expression):
        try:
            return self.ask(expression)
        except RuntimeError:  # of a document that another one takes the place of
            return False

    def until(self, expression):
        end = time.monotonic() + PATIENCE
        while not self.is_true(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {expression}; {self.errors}")
            time.sleep(0.05)

    def box(self, selector):
        """Where an element is in the window, which is scrolled to it: x, y, width, height."""
        return self.ask(f"""(() => {{ const node = document.querySelector({json.dumps(selector)});
            node.scrollIntoView({{block: "center"}}); const b = node.getBoundingClientRect();
            return [b.x, b.y, b.width, b.height]; }})()""")

    def mouse(self, kind, x, y, buttons=0):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if kind != "mouseMoved" else "none",
                  buttons=buttons, clickCount=1)

    def click(self, selector):
        x, y, width, height = self.box(selector)
        self.click_at(x + width / 2, y + height / 2)

    def click_at(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, 1)
        self.mouse("mouseReleased", x, y)

    def drag(self, selector, begin, end):
        """From one share of its width to another."""
        x, y, width, height = self.box(selector)
        y += height / 2
        self.mouse("mouseMoved", x + begin * width, y)
        self.mouse("mousePressed", x + begin * width, y, 1)
        for step in (0.3, 0.7, 1):
            self.mouse("mouseMoved", x + (begin + (end - begin) * step) * width, y, 1)
        self.mouse("mouseReleased", x + end * width, y)

    def key(self, key, code=None, number=0, text=None):
        for kind in ("keyDown", "keyUp"):
            params = {"type": kind, "key": key, "code": code or key, "windowsVirtualKeyCode": number}
            if text and kind == "keyDown":
                params["text"] = text
            self.call("Input.dispatchKeyEvent", **params)

    def write(self, selector, text):
        """Into a field, in place of what is there."""
        self.ask(f"document.querySelector({json.dumps(selector)}).select()")
        self.ask(f"document.querySelector({json.dumps(selector)}).focus()")
        if text:
            self.call("Input.insertText", text=text)
        else:
            self.key("Delete", number=46)

    def screenshot(self, path):
        height = self.ask("Math.ceil(document.documentElement.scrollHeight)")
        width = self.ask("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 6000), "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
