"""Any OpenAI-compatible server as a source of next steps: vLLM, llama.cpp, Ollama, `transformers serve`.

It is asked through `huggingface_hub`'s async client, several requests at a time. What a server may lack
is found out by asking: `n` (then one request a sample), `logprobs` (then none are known), `stop`. What
fails for now (no connection, a timeout, 429, 5xx, half an answer) is tried again, ever later, until
`patience` ends; what is refused (another 4xx) is an error at once. Every answer is kept in a file named
by its request's hash, so a run can be repeated without the server, and goes on where it stopped without
asking twice. The key comes from the environment (`JOURNEY_API_KEY`, or `OPENAI_API_KEY`) and is written
nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from journey.errors import InputError, JourneyError
from journey.store import clock, write_json
from search.proposers.sampling import Read, Sampling, Wanted, Written

KEYS = ("JOURNEY_API_KEY", "OPENAI_API_KEY")
OPTIONS = ("stop", "logprobs")
"""What a server may not understand, and can be asked without."""
LATER = {408, 409, 425, 429, 500, 502, 503, 504}
"""Answers after which a request is tried again."""
LONGEST_PAUSE = 20.0
"""Seconds between two tries."""


class Server(Sampling):
    """Proposes what a model on a server writes.

    Args:
        url: where its OpenAI-compatible interface begins, such as http://127.0.0.1:8000/v1.
        model: the model's name there.
        answers: the folder that keeps every answer; None keeps none.
        samples: texts asked for in each state.
        temperature: of the sampling.
        seed: sent with each request; servers that know seeds repeat themselves.
        concurrency: the most requests under way.
        timeout: seconds for one request.
        patience: seconds for which a request is tried again before the search gives up.
        read: how a whole output is read.
        max_new_tokens: of a whole output.
    """

    name = "server"

    def __init__(
        self,
        url: str,
        model: str,
        *,
        answers: Path | None = None,
        samples: int = 4,
        temperature: float = 1.0,
        seed: int = 0,
        concurrency: int = 16,
        timeout: float = 120.0,
        patience: float = 600.0,
        read: Read | None = None,
        max_new_tokens: int = 512,
    ) -> None:
        super().__init__(read)
        if not url.startswith(("http://", "https://")) or not model:
            raise InputError("say server:URL#MODEL, as in server:http://127.0.0.1:8000/v1#NAME")
        self.url, self.model, self.answers = url.rstrip("/"), model, answers
        self.samples, self.temperature, self.seed = samples, temperature, seed
        self.concurrency, self.timeout, self.patience = concurrency, timeout, patience
        self.max_new_tokens = max_new_tokens
        self.asked = 0
        """Requests sent so far; answers found in the folder cost none."""
        self._can = {"n", *OPTIONS}
        """What the server is still taken to understand."""

    @classmethod
    def at(cls, where: str, **settings: Any) -> Server:
        """The server at URL#MODEL."""
        url, _, model = where.partition("#")
        return cls(url, model, **settings)

    def write(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        """What the model writes next, `samples` times for each."""
        return asyncio.run(self._all(wanted))

    async def _all(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        from huggingface_hub import AsyncInferenceClient

        key = next((os.environ[name] for name in KEYS if os.environ.get(name)), None)
        free = asyncio.Semaphore(self.concurrency)
        async with AsyncInferenceClient(
            base_url=self.url, api_key=key or "none", timeout=self.timeout
        ) as client:
            return list(await asyncio.gather(*(self._texts(client, free, each) for each in wanted)))

    async def _texts(self, client: Any, free: asyncio.Semaphore, wanted: Wanted) -> list[Written]:
        """`samples` texts for one state, from the folder or from the server."""
        request = self._request(wanted)
        kept = self._kept(request)
        if kept is not None:
            return kept
        found: list[Written] = []
        while len(found) < self.samples:
            left = self.samples - len(found)
            ask = {**request, "seed": self.seed + len(found), "n": left if "n" in self._can else 1}
            async with free:
                texts = await self._answer(client, ask)
            if len(texts) < ask["n"]:
                self._can.discard("n")
            found += texts[:left]
        self._keep(request, found)
        return found

    def _request(self, wanted: Wanted) -> dict[str, Any]:
        messages = [{"role": "user", "content": wanted.question + _next(wanted)}]
        return {
            "model": self.model,
            "messages": messages,
            "max_tokens": self.max_new_tokens if wanted.whole else self.max_new_tokens // 4,
            "temperature": self.temperature,
            "seed": self.seed,
            "n": self.samples,
            "logprobs": True,
            **({} if wanted.whole else {"stop": ["\n"]}),
        }

    async def _answer(self, client: Any, request: dict[str, Any]) -> list[Written]:
        """One request, tried until it is answered."""
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

        seconds, tries = clock(), 0
        while True:
            tries += 1
            self.asked += 1
            sent = {key: value for key, value in request.items() if key in self._can or key not in OPTIONS}
            try:
                return _texts_in(await client.chat_completion(**sent))
            except HfHubHTTPError as fault:
                status = fault.response.status_code if fault.response is not None else 0
                if (lacking := self._lacking(status, request)) is not None:
                    self._can.discard(lacking)
                    continue
                if status and status not in LATER:
                    raise JourneyError(
                        f"{self.url} refused a request: {status}, {_first_line(fault)}"
                    ) from None
                why = f"status {status}"
            except (InferenceTimeoutError, OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
                why = f"{type(fault).__name__}: {_first_line(fault)}"
            except Exception as fault:
                # The client's transport has errors of its own, which its interface does not name.
                if not type(fault).__module__.startswith("httpx"):
                    raise
                why = f"{type(fault).__name__}: {_first_line(fault)}"
            if seconds() > self.patience:
                raise JourneyError(f"{self.url} did not answer for {seconds():.0f} s; last, {why}")
            await asyncio.sleep(min(LONGEST_PAUSE, 0.25 * 2 ** min(tries, 10)) * (0.5 + random.random() / 2))

    def _lacking(self, status: int, request: dict[str, Any]) -> str | None:
        """An option to do without after a refusal: some servers refuse what they do not know, some fail."""
        candidates = [option for option in OPTIONS if option in request and option in self._can]
        return candidates[0] if candidates and status in (400, 422, 500, 501) else None

    def _place(self, request: dict[str, Any]) -> Path | None:
        if self.answers is None:
            return None
        content = json.dumps([self.url, request], sort_keys=True).encode()
        name = hashlib.blake2b(content, digest_size=16).hexdigest()
        return self.answers / name[:2] / f"{name}.json"

    def _kept(self, request: dict[str, Any]) -> list[Written] | None:
        place = self._place(request)
        if place is None or not place.exists():
            return None
        kept = json.loads(place.read_bytes())
        return [(str(text), logprob) for text, logprob in kept["texts"]]

    def _keep(self, request: dict[str, Any], texts: Sequence[Written]) -> None:
        place = self._place(request)
        if place is not None:
            write_json(place, {"schema_version": 1, "request": request, "texts": list(texts)})


def _next(wanted: Wanted) -> str:
    """The steps so far; prose asks for the next in words, as servers continue no message of their own."""
    if not wanted.lines or wanted.question.endswith("\n"):
        return wanted.lines
    return f"\n\nThe steps so far:\n{wanted.lines}\nWrite the next step only."


def _texts_in(answer: Any) -> list[Written]:
    """The texts of an answer, with their log-probabilities where it has them.

    Raises:
        ValueError: it holds none.
    """
    found: list[Written] = []
    for choice in answer.choices or ():
        content = choice.message.content
        if content is None:
            continue
        tokens = getattr(choice.logprobs, "content", None) if getattr(choice, "logprobs", None) else None
        found.append((str(content), sum(token.logprob for token in tokens) if tokens else None))
    if not found:
        raise ValueError("an answer without a text")
    return found


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [""])[0][:200]
