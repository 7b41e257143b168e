"""Functions on address ranges.

See https://developer.hashicorp.com/terraform/language/functions/cidrsubnet and its kin.
"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.functions.arguments import Function, limit_error
from tfcheck.symbolic.value import Value

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def cidrhost(prefix: str, number: int) -> Value:
    """Return the address of a host in a range; negative numbers count from its end."""
    network = _network(prefix)
    if not -network.num_addresses <= number < network.num_addresses:
        raise EvaluationError("the range has no host of that number")
    return _address_text(network, int(network.network_address) + number % network.num_addresses)


def cidrnetmask(prefix: str) -> Value:
    """Return the netmask of an IPv4 range."""
    network = _network(prefix)
    if network.version != 4:
        raise EvaluationError("only IPv4 has masks")
    return str(network.netmask)


def cidrsubnet(prefix: str, bits: int, number: int) -> Value:
    """Return the subnet with that number, longer by `bits`."""
    network = _network(prefix)
    length = _longer_prefix(network, bits)
    if number < 0:
        raise limit_error("a part with a negative number")
    if number >= 1 << bits:
        raise EvaluationError("the range has no part of that number")
    start = int(network.network_address) + (number << (network.max_prefixlen - length))
    return f"{_address_text(network, start)}/{length}"


def cidrsubnets(prefix: str, *bits: int) -> Value:
    """Return consecutive subnets, each longer by that many bits."""
    network = _network(prefix)
    if bits and int(network.network_address) == 0:
        # Terraform starts from the range before the first one, and there is none before 0.0.0.0.
        raise EvaluationError("the range has no room for so many parts")
    following = int(network.network_address)
    end = following + network.num_addresses
    ranges: list[Value] = []
    for each in bits:
        if each < 1:
            raise EvaluationError("a range must be longer by one bit at least")
        length = _longer_prefix(network, each)
        size = 1 << (network.max_prefixlen - length)
        start = -(-following // size) * size
        following = start + size
        if following > end:
            raise EvaluationError("the range has no room for so many parts")
        ranges.append(f"{_address_text(network, start)}/{length}")
    return ranges


def _network(prefix: str) -> Network:
    address, slash, length = prefix.partition("/")
    if not slash or not (length.isascii() and length.isdigit()):
        raise EvaluationError("the address range has no length")
    if any(part.startswith("0") and part != "0" for part in address.split(".")) and ":" not in address:
        raise limit_error("an address with leading zeros")
    if "%" in address or ("." in address and ":" in address):
        raise limit_error("an address in an unusual notation")
    try:
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError as error:
        raise EvaluationError("the text is not an address range") from error


def _longer_prefix(network: Network, bits: int) -> int:
    if bits < 0:
        raise limit_error("a range that is longer by less than nothing")
    if network.prefixlen + bits > network.max_prefixlen:
        raise EvaluationError("the range cannot be longer by so many bits")
    if bits > 32:
        raise limit_error("a range that is longer by more than 32 bits")
    return network.prefixlen + bits


def _address_text(network: Network, number: int) -> str:
    if network.version == 4:
        return str(ipaddress.IPv4Address(number))
    if number >> 32 == 0xFFFF:
        raise limit_error("an IPv4 address written as IPv6")
    return str(ipaddress.IPv6Address(number))


FUNCTIONS = {
    "cidrhost": Function(cidrhost, "string integer"),
    "cidrnetmask": Function(cidrnetmask, "string"),
    "cidrsubnet": Function(cidrsubnet, "string integer integer"),
    "cidrsubnets": Function(cidrsubnets, "string integer*"),
}
