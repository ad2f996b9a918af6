"""An OpenAI-compatible server as a proposer: vLLM, llama.cpp, Ollama, `transformers serve`.

Requests go through `huggingface_hub`'s async client, several at a time. Temporary failures (no connection, a
timeout, 429, 5xx, half an answer) are retried with growing pauses for `patience` seconds. Another 4xx is an
error at once.

Servers lack options and report it differently. llama.cpp answers 500 to `n`; `transformers serve` ignores
`n`, and answers 500 to `stop` if the tokenizer is word-level. A 500 can also be a temporary failure, so an
option is dropped only after a test proves that the server does not support it.

Each text is stored when it arrives, in a file named by the hash of its request. So a run can be repeated
without the server, and an interrupted run continues without sending a request twice. The API key comes from
the environment (`JOURNEY_API_KEY`, or `OPENAI_API_KEY`) and is never written.
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
from journey.runs.store import appending, clock, count_lines, read_lines
from search.proposers.sampling import (
    Completion,
    Prompt,
    QuestionWriter,
    SamplingProposer,
    StepReader,
    complete_lines,
)

API_KEYS = ("JOURNEY_API_KEY", "OPENAI_API_KEY")
OPTIONS = ("n", "logprobs", "stop")
"""Options that a server may not support and that can be omitted."""
REFUSED = {400, 422, 500, 501}
"""Status codes that servers send for an unsupported option."""
RETRYABLE = {408, 409, 425, 429, 500, 502, 503, 504}
"""Status codes after which a request is retried."""
LONGEST_PAUSE = 20.0
"""Maximum number of seconds between two attempts."""


class Outcome(NamedTuple):
    """The result of one request: texts, or the reason why there are none."""

    texts: list[Completion]
    status: int = 200
    """HTTP status; 0 if no readable answer arrived."""
    reason: str = ""


class Server(SamplingProposer):
    """Proposes the steps that a model on a server writes.

    Args:
        url: the base URL of the OpenAI-compatible API, such as http://127.0.0.1:8000/v1.
        model: the model's name on the server.
        answers: the folder in which answers are stored; None stores none.
        samples: outputs sampled per state.
        temperature: sampling temperature; at 0 one output is sampled.
        seed: sent with each request; servers that support seeds repeat their outputs.
        concurrency: maximum number of concurrent requests.
        timeout: seconds for one request.
        patience: seconds for which a failing request is retried.
        read: reads the steps of a complete output. None: the model writes next lines.
        max_new_tokens: token limit of a complete output; a line gets a quarter.
        question: writes the question for a complete output; None uses the family's own prompt.

    Raises:
        InputError: the URL or the model's name is missing.
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
        read: StepReader | None = None,
        max_new_tokens: int = 512,
        question: QuestionWriter | None = None,
    ) -> None:
        super().__init__(read, question)
        if not url.startswith(("http://", "https://")) or not model:
            raise InputError(
                "a server is given as server:URL#MODEL, as in server:http://127.0.0.1:8000/v1#NAME"
            )
        self.url, self.model, self.answers = url.rstrip("/"), model, answers
        # Greedy decoding gives one text, and vLLM refuses to return it more than once.
        self.samples, self.temperature, self.seed = samples if temperature else 1, temperature, seed
        self.concurrency, self.timeout, self.patience = concurrency, timeout, patience
        self.max_new_tokens = max_new_tokens
        self.requests_sent = 0
        """Requests sent so far; stored answers need none."""
        self.unsupported: set[str] = set()
        """Options that the server was shown not to support."""
        self._supported: set[str] = set()
        """Options of requests that the server has answered."""

    @classmethod
    def from_spec(cls, location: str, **settings: Any) -> Server:
        """Makes a proposer for the server at URL#MODEL."""
        url, _, model = location.partition("#")
        return cls(url, model, **settings)

    def generate(self, prompts: Sequence[Prompt]) -> list[list[Completion]]:
        """Returns `samples` outputs for each prompt; equal prompts share their outputs.

        Raises:
            JourneyError: the server refused a request, or did not answer for `patience` seconds.
        """
        # Two problems may have the same prompt; it is sent once.
        distinct = list(dict.fromkeys(prompts))
        outputs = dict(zip(distinct, asyncio.run(self._complete_all(distinct)), strict=True))
        return [outputs[prompt] for prompt in prompts]

    async def _complete_all(self, prompts: Sequence[Prompt]) -> list[list[Completion]]:
        from huggingface_hub import AsyncInferenceClient, get_async_session

        key = next((os.environ[name] for name in API_KEYS if os.environ.get(name)), None)
        self._slots, self._probing = asyncio.Semaphore(self.concurrency), asyncio.Lock()
        async with (
            get_async_session() as session,
            AsyncInferenceClient(base_url=self.url, api_key=key or "none", timeout=self.timeout) as client,
        ):
            # If HF_HUB_OFFLINE is set, the Hub's hook refuses every request, even to this machine.
            session.event_hooks = {**session.event_hooks, "request": []}
            client._async_client = session
            return list(await asyncio.gather(*(self._complete(client, prompt) for prompt in prompts)))

    async def _complete(self, client: Any, prompt: Prompt) -> list[Completion]:
        """`samples` texts for one prompt, from the stored answers or from the server."""
        request = self._request(prompt)
        texts = self._cached(request)
        while len(texts) < self.samples:
            missing = self.samples - len(texts)
            async with self._slots:
                new_texts = await self._send(
                    client, {**request, "seed": self.seed + len(texts), "n": missing}
                )
            if len(new_texts) < missing:
                self.unsupported.add("n")
            texts = self._store(request, texts, new_texts[:missing])
        return texts

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt.question + _steps_so_far(prompt)}]
        return {
            "model": self.model,
            "messages": messages,
            "max_tokens": self.max_new_tokens if prompt.to_end else self.max_new_tokens // 4,
            "temperature": self.temperature,
            "seed": self.seed,
            "n": self.samples,
            "logprobs": True,
            **({} if prompt.to_end else {"stop": ["\n"]}),
        }

    async def _send(self, client: Any, request: dict[str, Any]) -> list[Completion]:
        """Sends one request until it is answered."""
        elapsed, tries = clock(), 0
        while True:
            tries += 1
            # Some servers accept only `n` = 1, so an answer to `n` = 1 does not show that they support `n`.
            omitted = self.unsupported if request["n"] > 1 else self.unsupported | {"n"}
            sent = {key: value for key, value in request.items() if key not in omitted}
            outcome = await self._send_once(client, sent)
            if outcome.texts:
                self._supported |= sent.keys()
                return outcome.texts
            if outcome.status in REFUSED and await self._probe_options(client, sent):
                continue
            if outcome.status and outcome.status not in RETRYABLE:
                raise JourneyError(f"{self.url} refused a request: {outcome.reason}")
            if elapsed() > self.patience:
                raise JourneyError(f"{self.url} did not answer for {elapsed():.0f} s; last, {outcome.reason}")
            await asyncio.sleep(min(LONGEST_PAUSE, 0.25 * 2 ** min(tries, 10)) * (0.5 + random.random() / 2))

    async def _probe_options(self, client: Any, request: dict[str, Any]) -> bool:
        """Tests the request's options one by one; returns whether the server does not support one of them.

        An option is unsupported if the server answers without it and refuses with it, twice in alternation. A
        server that is down fails both requests, and one that fails at random does not alternate.
        """
        plain = {key: value for key, value in request.items() if key not in OPTIONS} | {"max_tokens": 1}
        async with self._probing:
            untested = [key for key in OPTIONS if key in request and key not in self._supported]
            for option in untested:
                for turn in range(4 if option not in self.unsupported else 0):
                    trial = {**plain, option: request[option]} if turn % 2 else plain
                    status = (await self._send_once(client, trial)).status
                    if status not in (REFUSED if turn % 2 else {200}):
                        break
                else:
                    self.unsupported.add(option)
            return any(option in self.unsupported for option in untested)

    async def _send_once(self, client: Any, request: dict[str, Any]) -> Outcome:
        from huggingface_hub.errors import HfHubHTTPError

        self.requests_sent += 1
        try:
            # The client's own timeout applies to each chunk of an answer, and an answer may have many.
            async with asyncio.timeout(self.timeout):
                return Outcome(_texts_in(await client.chat_completion(**request)))
        except HfHubHTTPError as fault:
            status = fault.response.status_code if fault.response is not None else 0
            return Outcome([], status, f"{status}, {_first_line(fault)}")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            return Outcome([], 0, f"{type(fault).__name__}: {_first_line(fault)}")
        except Exception as fault:
            # The client lets errors of its transport, httpx, through and does not document them.
            if not type(fault).__module__.startswith("httpx"):
                raise
            return Outcome([], 0, f"{type(fault).__name__}: {_first_line(fault)}")

    def _cache_file(self, request: dict[str, Any]) -> Path | None:
        if self.answers is None:
            return None
        identity = json.dumps([self.url, request], sort_keys=True).encode()
        name = hashlib.blake2b(identity, digest_size=16).hexdigest()
        return self.answers / name[:2] / f"{name}.jsonl"

    def _cached(self, request: dict[str, Any]) -> list[Completion]:
        """The stored texts of a request. The file holds the request, then one text per line."""
        path = self._cache_file(request)
        if path is None or not path.exists():
            return []
        # A kill may have cut the last line short: it is not counted, and the next text replaces it.
        return list(islice(read_lines(path, _cached_text), 1, count_lines(path)))

    def _store(
        self, request: dict[str, Any], stored: list[Completion], new: list[Completion]
    ) -> list[Completion]:
        """Stores new texts of a request and returns all its texts, including those of a faster process."""
        path = self._cache_file(request)
        if path is None:
            return stored + new
        with appending(path) as (lines, add):
            if not lines:
                add({"schema_version": 1, "request": request})
            if lines <= len(stored) + 1:
                for text, logprob in new:
                    add({"text": text, "logprob": logprob})
        return self._cached(request)


def _steps_so_far(prompt: Prompt) -> str:
    """The steps so far, with an instruction in prose: servers do not continue an assistant message."""
    if not prompt.lines or prompt.question.endswith("\n"):
        return prompt.lines
    return f"\n\nThe steps so far:\n{prompt.lines}\nWrite the next step only."


def _cached_text(row: Any) -> Completion:
    return str(row.get("text", "")), row.get("logprob")


def _texts_in(answer: Any) -> list[Completion]:
    """The texts of an answer, with their log-probabilities if it has them.

    Raises:
        ValueError: the answer has no text.
    """
    texts: list[Completion] = []
    for choice in answer.choices or ():
        content, finish_reason = choice.message.content, choice.finish_reason
        if content is None and finish_reason is None:
            continue
        # A model that only thought, or called a tool, wrote no step. A lone surrogate cannot be encoded in a
        # file.
        text = str(content or "").encode(errors="replace").decode()
        tokens = getattr(choice.logprobs, "content", None) if getattr(choice, "logprobs", None) else None
        logprob = sum(token.logprob for token in tokens) if tokens else None
        texts.append((complete_lines(text) if finish_reason == "length" else text, logprob))
    if not texts:
        raise ValueError("an answer without a text")
    return texts


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [""])[0][:200]
