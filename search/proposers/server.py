"""Any OpenAI-compatible server as a source of next steps: vLLM, llama.cpp, Ollama, `transformers serve`.

It is asked through `huggingface_hub`'s async client, several requests at a time. What fails for now (no
connection, a timeout, 429, 5xx, half an answer) is tried again, ever later, until `patience` ends; what is
refused (another 4xx) is an error at once. Servers lack options, and differ in how they say so: llama.cpp
answers 500 to `n`, which `transformers serve` ignores; that one answers 500 to `stop` where the tokenizer is
word-level. As a 500 may as well be a bad moment, an option is given up only on proof.

Each text is kept as it comes, in a file named by its request's hash, so a run can be repeated without the
server, and goes on where it stopped without asking twice. The key comes from the environment
(`JOURNEY_API_KEY`, or `OPENAI_API_KEY`) and is written nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from journey.errors import InputError, JourneyError
from journey.store import appending, clock, count_lines, read_lines
from search.proposers.sampling import Question, Read, Sampling, Wanted, Written, whole_lines

KEYS = ("JOURNEY_API_KEY", "OPENAI_API_KEY")
OPTIONS = ("n", "logprobs", "stop")
"""What a server may not understand, and can be asked without."""
REFUSED = {400, 422, 500, 501}
"""What servers answer to an option that they do not understand."""
LATER = {408, 409, 425, 429, 500, 502, 503, 504}
"""Answers after which a request is tried again."""
LONGEST_PAUSE = 20.0
"""Seconds between two tries."""


class Outcome(NamedTuple):
    """What came of one request: texts, or why there are none."""

    texts: list[Written]
    status: int = 200
    """0 where nothing came that could be read."""
    why: str = ""


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
        question: what is asked for one.
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
        question: Question | None = None,
    ) -> None:
        super().__init__(read, question)
        if not url.startswith(("http://", "https://")) or not model:
            raise InputError("say server:URL#MODEL, as in server:http://127.0.0.1:8000/v1#NAME")
        self.url, self.model, self.answers = url.rstrip("/"), model, answers
        # The likeliest text is one text, and vLLM refuses to write it more than once.
        self.samples, self.temperature, self.seed = samples if temperature else 1, temperature, seed
        self.concurrency, self.timeout, self.patience = concurrency, timeout, patience
        self.max_new_tokens = max_new_tokens
        self.asked = 0
        """Requests sent so far; answers found in the folder cost none."""
        self.lacking: set[str] = set()
        """Options that the server was proved not to understand."""
        self._understood: set[str] = set()
        """Options with which it has answered."""

    @classmethod
    def at(cls, where: str, **settings: Any) -> Server:
        """The server at URL#MODEL."""
        url, _, model = where.partition("#")
        return cls(url, model, **settings)

    def write(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        """What the model writes next, `samples` times for each."""
        # Problems may share their words; what is asked once has one answer.
        distinct = list(dict.fromkeys(wanted))
        found = dict(zip(distinct, asyncio.run(self._all(distinct)), strict=True))
        return [found[each] for each in wanted]

    async def _all(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        from huggingface_hub import AsyncInferenceClient, get_async_session

        key = next((os.environ[name] for name in KEYS if os.environ.get(name)), None)
        self._free, self._doubting = asyncio.Semaphore(self.concurrency), asyncio.Lock()
        async with (
            get_async_session() as session,
            AsyncInferenceClient(base_url=self.url, api_key=key or "none", timeout=self.timeout) as client,
        ):
            # Where HF_HUB_OFFLINE is set, the Hub's hook refuses every request, also those to this machine.
            session.event_hooks = {**session.event_hooks, "request": []}
            client._async_client = session
            return list(await asyncio.gather(*(self._texts(client, each) for each in wanted)))

    async def _texts(self, client: Any, wanted: Wanted) -> list[Written]:
        """`samples` texts for one state, from the folder or from the server."""
        request = self._request(wanted)
        found = self._kept(request)
        while len(found) < self.samples:
            left = self.samples - len(found)
            async with self._free:
                texts = await self._answer(client, {**request, "seed": self.seed + len(found), "n": left})
            if len(texts) < left:
                self.lacking.add("n")
            found = self._keep(request, found, texts[:left])
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
        seconds, tries = clock(), 0
        while True:
            tries += 1
            # Some servers refuse any `n` but 1, so one that takes a 1 has not shown that it knows others.
            lacking = self.lacking if request["n"] > 1 else self.lacking | {"n"}
            sent = {key: value for key, value in request.items() if key not in lacking}
            outcome = await self._once(client, sent)
            if outcome.texts:
                self._understood |= sent.keys()
                return outcome.texts
            if outcome.status in REFUSED and await self._finds_out(client, sent):
                continue
            if outcome.status and outcome.status not in LATER:
                raise JourneyError(f"{self.url} refused a request: {outcome.why}")
            if seconds() > self.patience:
                raise JourneyError(f"{self.url} did not answer for {seconds():.0f} s; last, {outcome.why}")
            await asyncio.sleep(min(LONGEST_PAUSE, 0.25 * 2 ** min(tries, 10)) * (0.5 + random.random() / 2))

    async def _finds_out(self, client: Any, sent: dict[str, Any]) -> bool:
        """Whether a refused request can be asked in another way, as an option in it is not understood.

        That is proved if the server answers without it and refuses with it, twice in turns: one that fails
        for a while fails in either way, and one that fails now and then does not keep to the turns.
        """
        plain = {key: value for key, value in sent.items() if key not in OPTIONS} | {"max_tokens": 1}
        async with self._doubting:
            doubtful = [key for key in OPTIONS if key in sent and key not in self._understood]
            for option in doubtful:
                for turn in range(4 if option not in self.lacking else 0):
                    trial = {**plain, option: sent[option]} if turn % 2 else plain
                    status = (await self._once(client, trial)).status
                    if status not in (REFUSED if turn % 2 else {200}):
                        break
                else:
                    self.lacking.add(option)
            return any(option in self.lacking for option in doubtful)

    async def _once(self, client: Any, request: dict[str, Any]) -> Outcome:
        from huggingface_hub.errors import HfHubHTTPError

        self.asked += 1
        try:
            # The client's own limit is on each piece of an answer, and an answer may come in many.
            async with asyncio.timeout(self.timeout):
                return Outcome(_texts_in(await client.chat_completion(**request)))
        except HfHubHTTPError as fault:
            status = fault.response.status_code if fault.response is not None else 0
            return Outcome([], status, f"{status}, {_first_line(fault)}")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            return Outcome([], 0, f"{type(fault).__name__}: {_first_line(fault)}")
        except Exception as fault:
            # The client's transport has errors of its own, which its interface does not name.
            if not type(fault).__module__.startswith("httpx"):
                raise
            return Outcome([], 0, f"{type(fault).__name__}: {_first_line(fault)}")

    def _place(self, request: dict[str, Any]) -> Path | None:
        if self.answers is None:
            return None
        content = json.dumps([self.url, request], sort_keys=True).encode()
        name = hashlib.blake2b(content, digest_size=16).hexdigest()
        return self.answers / name[:2] / f"{name}.jsonl"

    def _kept(self, request: dict[str, Any]) -> list[Written]:
        """The texts that came before: a file holds the request, and then a text a line."""
        place = self._place(request)
        if place is None or not place.exists():
            return []
        # A kill may have cut the last line short: it is not counted, and the next one takes its place.
        return list(islice(read_lines(place, _kept_text), 1, count_lines(place)))

    def _keep(self, request: dict[str, Any], known: list[Written], more: list[Written]) -> list[Written]:
        """Adds texts to those that are known; returns all, another process's if it was faster."""
        place = self._place(request)
        if place is None:
            return known + more
        with appending(place) as (have, add):
            if not have:
                add({"schema_version": 1, "request": request})
            if have <= len(known) + 1:
                for text, logprob in more:
                    add({"text": text, "logprob": logprob})
        return self._kept(request)


def _next(wanted: Wanted) -> str:
    """The steps so far; prose asks for the next in words, as servers continue no message of their own."""
    if not wanted.lines or wanted.question.endswith("\n"):
        return wanted.lines
    return f"\n\nThe steps so far:\n{wanted.lines}\nWrite the next step only."


def _kept_text(row: Any) -> Written:
    return str(row.get("text", "")), row.get("logprob")


def _texts_in(answer: Any) -> list[Written]:
    """The texts of an answer, with their log-probabilities where it has them.

    Raises:
        ValueError: it holds none.
    """
    found: list[Written] = []
    for choice in answer.choices or ():
        content, ended = choice.message.content, choice.finish_reason
        if content is None and ended is None:
            continue
        # A model that only thought, or called a tool, has written no step. Half a surrogate is in no file.
        text = str(content or "").encode(errors="replace").decode()
        tokens = getattr(choice.logprobs, "content", None) if getattr(choice, "logprobs", None) else None
        logprob = sum(token.logprob for token in tokens) if tokens else None
        found.append((whole_lines(text) if ended == "length" else text, logprob))
    if not found:
        raise ValueError("an answer without a text")
    return found


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [""])[0][:200]
