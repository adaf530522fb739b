"""The page and its interface: what may be asked, in which form, and what is said when it is wrong (chapter 6)."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zoolab.serving import StaleModelError
from zoolab.serving.shop import display
from zoolab.serving.shop.security import Guard
from zoolab.serving.shop.shop import MOST_ALPHA, MOST_VISITORS, AnsweredError, BusyError, Shop, UnknownDecisionError
from zoolab.serving.shop.world import SHOCKS
from zoolab.serving.stores.base import StoreUnavailableError
from zoolab.serving.stores.codec import UnreadableValueError
from zoolib.world import PERSONAS

LONGEST_BODY, PATIENCE = 4096, 10.0  # bytes, and seconds to wait for them
DECISION = re.compile(r"[A-Za-z0-9_-]{16}", re.ASCII)
Check = Callable[[Any], Any]

PAGE = resources.files("zoolab.serving.shop") / "page"
FILES = {"/": "index.html"} | {f"/{name}": name for name in ("shop.css", "pictures.js", "shop.js", "icon.svg")}
KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FONTS = Path(__file__).resolve().parents[3] / "pages" / "vendor" / "fonts"  # the book's face, where the book is
FACE = """@font-face { font-family: "Source Serif 4"; font-weight: 200 900; font-display: swap;
  src: url("serif.woff2") format("woff2"); }
"""


def create_app(shop: Shop, hosts: Iterable[str] = (), token: str | None = None) -> Guard:
    """Return the ASGI application that serves the page of ``shop``, behind a :class:`~shop.security.Guard`."""

    async def visit(request: Request) -> Any:
        asked = await wanted(request, persona=(_persona, None), board=(_truth, False))
        visit = await run_in_threadpool(shop.visit, asked["persona"])
        told = await run_in_threadpool(display.told, shop, visit)
        return told | (await run_in_threadpool(display.beside, shop, visit) if asked["board"] else {})

    async def answer(request: Request) -> Any:
        asked = await wanted(request, decision=(_decision,), clicked=(_products,))
        outcome = await run_in_threadpool(shop.answer, asked["decision"], asked["clicked"])
        return {"outcome": outcome.value}

    async def simulate(request: Request) -> Any:
        asked = await wanted(request, visitors=(_whole(1, MOST_VISITORS),), persona=(_persona, None))
        counted = await run_in_threadpool(shop.simulate, asked["visitors"], asked["persona"])
        return {"counted": counted, **await state()}

    def changing(change: Callable[..., Any], **fields: tuple[Any, ...]) -> Callable[[Request], Any]:
        async def changed(request: Request) -> Any:
            await run_in_threadpool(change, **await wanted(request, **fields))
            return await state()

        return changed

    async def state(request: Request | None = None) -> Any:
        return await run_in_threadpool(display.state, shop)

    posts = {
        "visit": visit,
        "answer": answer,
        "simulate": simulate,
        "shock": changing(shop.shock, name=(_one_of(SHOCKS),), on=(_truth,)),
        "explore": changing(shop.explore, alpha=(_real(0, MOST_ALPHA),)),
        "fall_back": changing(shop.fall_back, on=(_truth,)),
        "deploy": changing(shop.deploy),
        "roll_back": changing(shop.roll_back),
        "reset": changing(shop.reset),
    }
    routes = [Route(f"/api/{name}", _json(ask), methods=["POST"]) for name, ask in posts.items()]
    routes.append(Route("/api/state", _json(state), methods=["GET"]))
    routes += [Route(path, _file(name), methods=["GET"]) for path, name in FILES.items()]
    if (serif := FONTS / "source-serif-4-latin-wght-normal.woff2").is_file():
        face = Response(serif.read_bytes(), media_type="font/woff2")
        routes.append(Route("/serif.woff2", lambda request: face, methods=["GET"]))
    application = Starlette(routes=routes, exception_handlers={HTTPException: _refused, **REFUSALS})
    application.router.redirect_slashes = False
    return Guard(application, hosts, token)


def _json(ask: Callable[[Request], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return JSONResponse(await ask(request))

    return endpoint


def _said(status: int, words: str = "") -> Callable[[Request, Exception], Any]:
    """Return what answers with a status where an error was raised, in these words or in its own."""

    async def answer(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": words or str(error)}, status)

    return answer


NOT_OURS = _said(503, "The store holds something else than this shop left there.")
REFUSALS: dict[Any, Any] = {
    UnknownDecisionError: _said(404),
    AnsweredError: _said(409),
    BusyError: _said(429),
    StoreUnavailableError: _said(503, "The store does not answer. Nothing is lost; try again in a moment."),
    UnreadableValueError: NOT_OURS,
    StaleModelError: NOT_OURS,
    ValueError: _said(422),
    TypeError: _said(422),
    ClientDisconnect: _said(400, "The request broke off."),
}


async def _refused(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)


def _file(name: str) -> Callable[[Request], Response]:
    body = (PAGE / name).read_bytes()
    if name == "shop.css" and FONTS.is_dir():
        body = FACE.encode() + body
    kind = KINDS[name.rpartition(".")[2]]
    return lambda request: Response(body, media_type=kind)


# ---- what a request may hold ------------------------------------------------------------------------------


async def wanted(request: Request, **fields: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields of a request's JSON object, or refuse it by a 400, 408, 413, 415 or 422.

    Of each field is told how it is checked, and what it is if it is missing (nothing: it must be there).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "The request must be JSON, and say so in its Content-Type.")
    try:
        async with asyncio.timeout(PATIENCE):
            body = await _body(request)
    except TimeoutError:
        raise HTTPException(408, "The request took too long to come.", {"connection": "close"}) from None
    try:
        told = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The request is not JSON.") from None
    if not isinstance(told, Mapping) or not told.keys() <= fields.keys():
        raise HTTPException(422, f"The request must be an object with the fields: {', '.join(fields) or 'none'}.")
    found = {}
    for name, (check, *default) in fields.items():
        if name not in told and not default:
            raise HTTPException(422, f"{name} is missing.")
        try:
            found[name] = check(told[name]) if name in told else default[0]
        except ValueError as error:
            raise HTTPException(422, f"{name} must be {error}.") from None
    return found


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, f"The request is longer than {LONGEST_BODY} bytes.", {"connection": "close"})
    return body


def _no_number(name: str) -> float:
    raise ValueError(name)


def _decision(value: Any) -> str:
    if not isinstance(value, str) or not DECISION.fullmatch(value):
        raise ValueError("the id of a decision")
    return value


def _products(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        raise ValueError("a list of product numbers, empty if none was clicked")
    return value


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"a whole number between {low} and {high}")
        return value

    return check


def _real(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        if type(value) not in (int, float) or not low <= value <= high:
            raise ValueError(f"a number between {low} and {high}")
        return float(value)

    return check


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one_of(names: Iterable[str]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return value

    return check


def _persona(value: Any) -> str | None:
    return None if value is None else _one_of(PERSONAS)(value)
