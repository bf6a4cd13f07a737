import { describe, expect, it } from 'vitest';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import { ECHO_REQUEST, FAR, hex, toHex } from './frames.ts';

// tcpdump: IP 192.168.203.3 > 192.168.203.5: ICMP echo request, id 1292, seq 1, length 64
const ECHO = ECHO_REQUEST.bytes.slice(34);

/** A message whose first eight bytes are these, with eight more behind. */
function message(type: number, code: number, restOfHeader: number): Uint8Array {
  const bytes = new Uint8Array(16).fill(0xa5);
  Icmp.writeHeader(bytes, 0, type, code, restOfHeader);
  Icmp.updateChecksum(bytes, 0, bytes.length);
  return bytes;
}

it('reads an echo request', () => {
  expect(Icmp.check(ECHO, 0, ECHO.length)).toBeNull();
  expect(Icmp.parse(ECHO, 0)).toEqual({
    type: Icmp.Type.Echo,
    code: 0,
    checksum: 0xf6f2,
    restOfHeader: Icmp.restOfQuery(1292, 1),
  });
  expect([Icmp.identifier(ECHO, 0), Icmp.sequence(ECHO, 0)]).toEqual([1292, 1]);
});

it('writes the same bytes, whatever was in the buffer', () => {
  const bytes = ECHO.slice().fill(0xa5, 0, Icmp.HEADER_LENGTH);
  Icmp.writeHeader(bytes, 0, Icmp.Type.Echo, 0, Icmp.restOfQuery(1292, 1));
  Icmp.updateChecksum(bytes, 0, bytes.length);
  expect(toHex(bytes)).toBe(toHex(ECHO));
});

it('turns a request into the reply where it stands', () => {
  const bytes = ECHO.slice();
  Icmp.setType(bytes, 0, Icmp.Type.EchoReply);
  expect(Icmp.check(bytes, 0, bytes.length)).toBeNull();
  expect(toHex(bytes.slice(0, 4))).toBe('0000fef2');
});

describe('the check', () => {
  it('needs eight bytes, and all that the checksum covers', () => {
    for (let length = 0; length < 8; length++) expect(Icmp.check(ECHO, 0, length)).toBe('truncated');
    // The echoed pattern rises, so that no shorter message has the same sum.
    for (let length = 8; length < ECHO.length; length++) expect(Icmp.check(ECHO, 0, length)).toBe('bad-checksum');
  });

  it('takes a message of odd length', () => {
    const bytes = hex('08 00 0000 0001 0001 61');
    Icmp.updateChecksum(bytes, 0, bytes.length);
    // RFC 1071: 0800 + 0001 + 0001 + 6100 = 6902.
    expect(toHex(bytes.slice(2, 4))).toBe('96fd');
    expect(Icmp.check(bytes, 0, bytes.length)).toBeNull();
  });

  it('needs a timestamp message and an address mask message whole', () => {
    const timestamp = new Uint8Array(20);
    Icmp.writeHeader(timestamp, 0, Icmp.Type.Timestamp, 0, 0);
    Icmp.updateChecksum(timestamp, 0, 20);
    expect(Icmp.check(timestamp, 0, 20)).toBeNull();
    expect(Icmp.check(timestamp, 0, 19)).toBe('truncated');
    const mask = new Uint8Array(12);
    Icmp.writeHeader(mask, 0, Icmp.Type.AddressMaskRequest, 0, 0);
    Icmp.updateChecksum(mask, 0, 12);
    expect(Icmp.check(mask, 0, 12)).toBeNull();
    expect(Icmp.check(mask, 0, 11)).toBe('truncated');
  });

  it('passes types that nobody knows', () => {
    expect(Icmp.check(message(42, 7, 0), 0, 16)).toBeNull();
  });
});

it('has the second word mean what the type says', () => {
  const { DestinationUnreachable, Redirect, ParameterProblem } = Icmp.Type;
  const tooBig = message(
    DestinationUnreachable,
    Icmp.UnreachableCode.FragmentationNeeded,
    Icmp.restOfFragmentationNeeded(1400),
  );
  // RFC 1191 §4: the upper half stays unused.
  expect(toHex(tooBig.slice(4, 8))).toBe('00000578');
  expect(Icmp.nextHopMtu(tooBig, 0)).toBe(1400);
  const redirect = message(Redirect, Icmp.RedirectCode.Host, Icmp.restOfRedirect(FAR));
  expect(Icmp.gateway(redirect, 0)).toBe(FAR);
  const problem = message(ParameterProblem, Icmp.ParameterProblemCode.Pointer, Icmp.restOfParameterProblem(200));
  expect(toHex(problem.slice(4, 8))).toBe('c8000000');
  expect(Icmp.pointer(problem, 0)).toBe(200);
});

it('keeps three times and a mask behind the header', () => {
  const bytes = new Uint8Array(20).fill(0xa5);
  Icmp.writeHeader(bytes, 0, Icmp.Type.TimestampReply, 0, Icmp.restOfQuery(5, 6));
  Icmp.setTimestamps(bytes, 0, 1, 86_399_999, 0x8000_0000);
  Icmp.updateChecksum(bytes, 0, 20);
  expect([
    Icmp.originateTimestamp(bytes, 0),
    Icmp.receiveTimestamp(bytes, 0),
    Icmp.transmitTimestamp(bytes, 0),
  ]).toEqual([1, 86_399_999, 0x8000_0000]);
  // tcpdump: ICMP time stamp reply id 5 seq 6: org 00:00:00.001, recv 23:59:59.999, xmit 596:31:23.648, length 20
  expect(Icmp.format.summarize(bytes, 0, 20)).toBe(
    'ICMP time stamp reply id 5 seq 6: org 00:00:00.001, recv 23:59:59.999, xmit 596:31:23.648, length 20',
  );
  Icmp.setAddressMask(bytes, 0, Ip4.maskOf(24));
  expect(Icmp.addressMask(bytes, 0)).toBe(Ip4.parse('255.255.255.0'));
});

it('knows the errors from the queries', () => {
  const { Type } = Icmp;
  const errors = [3, 4, 5, 11, 12];
  for (const type of Object.values(Type)) expect(Icmp.isError(type)).toBe(errors.includes(type));
  expect(Icmp.isError(42)).toBe(false);
});
