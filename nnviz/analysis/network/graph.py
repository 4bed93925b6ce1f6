"""A Keras model made flat: one list of steps, run piece by piece, with live gradients.

A model nests models, shares layers and branches. Here every use of a layer is one step, whatever model it
stood in. The steps are recorded from the model's own graph without a symbolic call, so the model itself
gains no node and stays as it was; running them calls the same layers with the same weights, so a gradient
flows through what a second Keras model over inner tensors would cut off.

What Keras keeps private and this needs stands in this file, `Functional._run_through_graph` and
`Sequential._functional`, and in `output_head.py`, the node lists of a copied layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from types import MappingProxyType
from typing import Any

import keras
import tensorflow as tf
from keras import tree

from nnviz.analysis.network.ends import Ends, Held, first_picture, held, input_names, output_names, place
from nnviz.analysis.network.folding import Folding
from nnviz.analysis.network.output_format import finish
from nnviz.analysis.network.output_head import LOGITS, PROBABILITIES, split_output_head
from nnviz.analysis.network.output_kind import Probe, output_format
from nnviz.analysis.network.pointwise import reads
from nnviz.analysis.network.scope_names import compilable
from nnviz.analysis.network.step import Step
from nnviz.analysis.network.training_only import acts_in_training_only, takes_training
from nnviz.errors import NnvizError

Tensor = Any  # tf.Tensor; TensorFlow ships no types for it
Edit = Callable[[Tensor], Tensor]


class Graph:
    """The steps of a model, and the names of what can be fed and fetched.

    Attributes:
        inputs, outputs: names of all that the model has; one input varies, and one output is explained.
        models: names of the model and of those within it, the outer one first.
        input_name: name of the input that varies, also that of its layer.
        ends: which input varies, at what the others are held, and which output is explained.
        input_shape: without the batch axis; None for an axis of free size.
        steps: in an order in which each can be computed.
        output_name: name of the step that makes the output, as `predict` gives it.
        output: what that is.
        fixed: whether nobody assigns to the weights, as those of a file; a model at hand may be trained on.
    """

    def __init__(
        self,
        model: keras.Model,
        fixed: bool = False,
        card: Mapping[str, Any] = MappingProxyType({}),
        loss: str = "",
        ends: Ends | None = None,
    ) -> None:
        source, ends = functional(model), ends or Ends.said(card)
        self.fixed = fixed
        self.inputs, self.outputs = input_names(source), output_names(source)
        at = place(self.inputs, ends.input, "input", first_picture(source.inputs))
        given = source.inputs[at]
        self.input_name: str = given.name
        self.input_shape: tuple[int | None, ...] = tuple(given.shape[1:])
        self.input_dtype: str = given.dtype
        self._input = keras.KerasTensor(given.shape, dtype=given.dtype)
        self.steps: list[Step] = []
        self.models: list[str] = []
        tensors = self._hold(source, ends.held or {})
        made = tree.flatten(self._record(source, tensors))
        at = place(self.outputs, ends.output, "output", also=getattr(source, "output_names", ()))
        self._output = made[at]
        self._keep_what_makes(self._output, self.outputs[at])
        needed = {step.name: step.call.value for step in self.steps if isinstance(step.call, Held)}
        self.ends = Ends(self.input_name if len(self.inputs) > 1 else None, self.outputs[at], needed)
        head = split_output_head(self.steps, self._output)
        self.logits = head.scores
        self.steps = [replace(step, call=compilable(step.call)) for step in self.steps]
        self.producers: dict[int, Step] = {id(t): step for step in self.steps for t in step.outputs}
        self.by_name: dict[str, Step] = {step.name: step for step in self.steps}
        self.output_name = self.name_of(self._output)
        probe = Probe(self.input_shape, self.input_dtype, self._predicted)
        self.output = output_format(probe, head, card, loss, model.name)

    def _predicted(self, given: Tensor) -> Tensor:
        return self.run({self.input_name: given}, [self.output_name])[self.output_name]

    @property
    def output_head(self) -> str:
        """See `OutputFormat.head`."""
        return self.output.head

    @property
    def classes(self) -> int:
        """See `OutputFormat.classes`."""
        return self.output.classes

    def _hold(self, source: Any, values: Mapping[str, Any]) -> list[keras.KerasTensor]:
        """Stand-ins for the inputs of the model; those that do not vary are steps that make what they are held at."""
        for name in values:
            place([each for each in self.inputs if each != self.input_name], name, "input that does not vary,")
        found = []
        for tensor in source.inputs:
            own = self._input
            if tensor.name != self.input_name:
                call, own = held(tensor, values.get(tensor.name, 0))
                self.steps.append(Step(tensor.name, source.get_layer(tensor.name), call, (), {}, (own,)))
            found.append(own)
        return found

    def _keep_what_makes(self, output: keras.KerasTensor, name: str) -> None:
        """Leave out what the output does not depend on: the heads of others, and inputs that are theirs."""
        self.producers = {id(t): step for step in self.steps for t in step.outputs}
        self.steps[:] = self._needed([output], set())
        if output is not self._input and not any(self._input is t for step in self.steps for t in step.inputs):
            raise NnvizError(
                f"An output that depends on input {self.input_name} was expected. Received: {name}, which does not."
            )

    @cached_property
    def folding(self) -> Folding:
        """The batch normalisations that can be worked into the layers before them."""
        return Folding(self.steps, self.logits, self.fixed)

    def name_of(self, tensor: keras.KerasTensor) -> str:
        """The name of the step that makes `tensor`, or of the input."""
        step = self.producers.get(id(tensor))
        return self.input_name if step is None else step.name

    def run(
        self,
        feeds: Mapping[str, Tensor],
        fetches: Sequence[str],
        edits: Mapping[str, Edit] | None = None,
        calls: Mapping[str, Callable[..., Any]] | None = None,
        folded: Sequence[Tensor] = (),
    ) -> dict[str, Tensor]:
        """Compute what `fetches` needs from `feeds`, and nothing else.

        Args:
            feeds: tensors with a batch axis by name: the input, or any inner activations to start from.
            fetches: names of steps, the input, `LOGITS` or `PROBABILITIES`.
            edits: by name, what becomes of a step's output before anything reads it (a mask, a watch).
            calls: by name, what computes a step instead of its layer (the same with another gradient).
            folded: `folding.weights()`, to work batch normalisations into the layers before them: quicker, the same
                but for rounding. No step that is fed, fetched, edited or called otherwise is folded.

        Returns:
            The fetched tensors by name, batch axis first.
        """
        edits, calls = edits or {}, calls or {}
        if folded:
            calls = {**self.folding.calls(folded, {*feeds, *fetches, *edits, *calls}), **calls}
        tensors: dict[int, Tensor] = {}
        for name, value in feeds.items():
            tensors[id(self._tensor(name))] = edits[name](value) if name in edits else value
        for step in self._needed([self._tensor(name) for name in fetches], set(tensors)):
            args, kwargs = tree.map_structure(
                lambda leaf: tensors[id(leaf)] if isinstance(leaf, keras.KerasTensor) else leaf,
                (step.args, dict(step.kwargs)),
            )
            call = calls.get(step.name, step.call)
            if isinstance(call, Held):
                args = (next(iter(feeds.values())), feeds.get(self.input_name))
            results = tree.flatten(call(*args, **kwargs))
            if step.name in edits:
                results[0] = edits[step.name](results[0])
            tensors.update((id(key), value) for key, value in zip(step.outputs, results, strict=True))
        return {
            name: finish(name, self.output, tensors[id(self._tensor(name))])
            if name in (LOGITS, PROBABILITIES)
            else tensors[id(self._tensor(name))]
            for name in fetches
        }

    def leading_to(self, name: str) -> list[Step]:
        """The steps that a tensor of that name (as `run` fetches it) is made by, in their order."""
        return self._needed([self._tensor(name)], set())

    def _tensor(self, name: str) -> keras.KerasTensor:
        if name == self.input_name:
            return self._input
        if name == LOGITS:
            return self.logits
        if name == PROBABILITIES:
            return self._output
        return self.by_name[name].outputs[0]

    def _needed(self, targets: Sequence[keras.KerasTensor], known: set[int]) -> list[Step]:
        wanted = {id(tensor) for tensor in targets} - known
        chosen = []
        for step in reversed(self.steps):
            if any(id(output) in wanted for output in step.outputs):
                chosen.append(step)
                wanted |= {id(tensor) for tensor in step.inputs} - known
        return chosen[::-1]

    def _record(self, model: Any, *given: Any, **named: Any) -> Any:
        """Walk one (nested) model, adding a step for every use of a layer in it."""
        self.models.append(model.name)
        inputs = given[0] if given else named["inputs"]
        if isinstance(inputs, dict) and not isinstance(model.input, dict):
            inputs = [inputs[tensor.name] for tensor in model.inputs]

        def visit(operation: Any) -> Callable[..., Any]:
            if isinstance(operation, keras.Model) and _is_graph(operation):
                return lambda *args, **kwargs: self._record(functional(operation), *args, **kwargs)
            if type(operation) is keras.layers.Pipeline:
                return lambda x, *_, **__: reduce(lambda x, each: visit(each)(x), operation.layers, x)
            return lambda *args, **kwargs: self._add(operation, operation, args, kwargs)

        return model._run_through_graph(inputs, operation_fn=visit)

    def _add(self, layer: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        outputs = layer.compute_output_spec(*args, **kwargs)
        if takes_training(layer):
            # As `predict` does: left alone an augmentation would act, and a Dropout that was wired with training=True.
            kwargs["training"] = False
        taken = {self.input_name, *(step.name for step in self.steps)}
        name, uses = layer.name, 1
        while name in taken:
            uses += 1
            name = f"{layer.name}#{uses}"
        # An operation may have a constant first, and one that makes numbers of none reads nothing.
        read = [leaf for leaf in tree.flatten(args) if isinstance(leaf, keras.KerasTensor)]
        idle = bool(read) and acts_in_training_only(layer, tuple(read[0].shape[1:]))
        if idle:
            call = _handing_on(outputs.dtype)
        made = tuple(tree.flatten(outputs))
        own = "number" if idle else reads(layer, args, kwargs, made[0])
        self.steps.append(Step(name, layer, call, args, kwargs, made, idle, own))
        return outputs


def _handing_on(dtype: str) -> Callable[..., Any]:
    return lambda x, *_, **__: tf.cast(x, dtype)


def functional(model: Any) -> Any:
    """The functional graph inside `model`.

    Raises:
        NnvizError: the model has no graph: subclassed, or not built yet.
    """
    inner = model._functional if isinstance(model, keras.Sequential) else model
    if not isinstance(inner, keras.Function) or not _is_graph(model):
        raise NnvizError(
            "A sequential or functional Keras model with a known input was expected. Received: "
            f"{type(model).__name__} {model.name!r}, whose layers cannot be listed without its code "
            "(wrap it in keras.Model(inputs, outputs))."
        )
    return inner


def _is_graph(model: Any) -> bool:
    """Whether a model's own graph says what it computes: one with a `call` of its own may do something else."""
    if not type(model).call.__module__.startswith("keras."):
        return False
    if isinstance(model, keras.Sequential):
        return model._functional is not None
    return isinstance(model, keras.Function)
