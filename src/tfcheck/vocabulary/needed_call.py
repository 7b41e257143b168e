"""What is known of a call that start-up needs, beside its action and resource."""

from __future__ import annotations

import msgspec

from tfcheck.symbolic.value import TextLike


class Necessity(msgspec.Struct, frozen=True):
    """Whether a call is needed, and would help.

    - `doubt`: why start-up may not need it at all. If it is not granted, it is then unknown, never denied.
    - `undocumented`: what AWS does not document about the call, which is then always unknown.
    - `mistaken`: a rule of ECS finds the needed resource definitely wrong, so that no grant would help.
    - `once`: the call was made already, unless it was denied before the change.
    """

    doubt: str = ""
    undocumented: str = ""
    mistaken: bool = False
    once: bool = False


NECESSARY = Necessity()


class CallDetails(msgspec.Struct, frozen=True):
    """What else AWS knows of a call when it decides.

    - `encrypted`, `read_by`: for `kms:Decrypt`, the ARN of what the key encrypts, and the action that reads that.
    - `other_form`: the resource as AWS documents it, or as denials name it, if that differs; a grant only on it is
      unknown.
    - `through`: the ARN of the access point that a file system is mounted through (an unknown without a symbol may be
      none), the text that names a secret, or the ARN of the repository that a token is for.
    """

    encrypted: TextLike | None = None
    read_by: str = ""
    other_form: TextLike | None = None
    through: TextLike | None = None


NO_DETAILS = CallDetails()
