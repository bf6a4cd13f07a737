/**
 * The resolver, lookup and the name server, host to host. lookup's lines are host(1)'s, of BIND 9.18.
 */
import { describe, expect, it } from 'vitest';
import type { Program, Sys } from '../../src/syscalls/program.ts';
import { Domain, SocketType } from '../../src/syscalls/values.ts';
import type { InetEnd } from '../../src/syscalls/values.ts';
import * as Dns from '../../src/wire/dns.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { openLab, run } from './labs.ts';
import type { Lab } from '../../src/lab/lab.ts';

const HOSTS = `
name: dns
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, dns: 192.0.2.53 }
  ns:
    interfaces: { eth0: [192.0.2.54/24, 192.0.2.53/24] }
    zones:
      example.test:
        '@': { NS: ns, MX: 10 mail, TXT: 'hello "lab"' }
        ns: { A: 192.0.2.53 }
        www: { A: 192.0.2.80, ttl: 60 }
        h1: { A: 192.0.2.99 }
        shop: { CNAME: www }
        gone: { CNAME: nobody }
        _sip._udp: { SRV: 1 2 5060 www }
      2.0.192.in-addr.arpa:
        '80': { PTR: www.example.test }
links:
  - h1.eth0 -- ns.eth0
`;

/** With the name server at work. */
function open(): Lab {
  const lab = openLab(HOSTS);
  lab.start('ns', 'dns-server', { background: true });
  return lab;
}

/** A name server that answers each query with what `responses` makes of it. */
function fake(responses: (query: Dns.Message) => readonly Uint8Array[]): Program {
  return function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: '192.0.2.53', port: Dns.PORT });
    for (;;) {
      const { data, from } = yield* sys.sys_socket_recvfrom(socket, 1500);
      const query = Dns.parse(data, 0, data.length);
      if (typeof query === 'string') continue;
      for (const response of responses(query)) yield* sys.sys_socket_sendto(socket, response, from);
    }
  };
}

function openWith(responses: (query: Dns.Message) => readonly Uint8Array[]): Lab {
  const lab = openLab(HOSTS);
  lab.start('ns', fake(responses), { background: true });
  return lab;
}

const addressRecord = (name: string, address: string): Dns.ResourceRecord => ({
  name,
  class: Dns.Class.Internet,
  timeToLive: 60,
  data: { type: Dns.Type.A, address: Ip.parse(address) ?? Ip.ANY },
});

describe('lookup', () => {
  it.each([
    ['lookup www.example.test', ['www.example.test has address 192.0.2.80']],
    ['lookup WWW.example.test.', ['WWW.example.test has address 192.0.2.80']],
    [
      'lookup shop.example.test',
      ['shop.example.test is an alias for www.example.test.', 'www.example.test has address 192.0.2.80'],
    ],
    ['lookup 192.0.2.80', ['80.2.0.192.in-addr.arpa domain name pointer www.example.test.']],
    ['lookup -t MX example.test', ['example.test mail is handled by 10 mail.example.test.']],
    ['lookup -t ns example.test', ['example.test name server ns.example.test.']],
    ['lookup -t txt example.test', ['example.test descriptive text "hello \\"lab\\""']],
    ['lookup -t srv _sip._udp.example.test', ['_sip._udp.example.test has SRV record 1 2 5060 www.example.test.']],
    [
      'lookup -t soa example.test',
      ['example.test has SOA record ns.example.test. hostmaster.example.test. 1 3600 600 86400 300'],
    ],
    // The server by its name in the hosts table.
    ['lookup www.example.test ns', ['www.example.test has address 192.0.2.80']],
  ])('%s', (command, lines) => {
    expect(run(open(), 'h1', command)).toEqual({ status: 0, output: lines, error: [] });
  });

  it.each([
    ['lookup nobody.example.test', 'Host nobody.example.test not found: 3(NXDOMAIN)'],
    ['lookup gone.example.test', 'Host gone.example.test not found: 3(NXDOMAIN)'],
    ['lookup -t MX www.example.test', 'www.example.test has no MX record'],
    ['lookup www.example.net', 'Host www.example.net not found: 5(REFUSED)'],
  ])('%s: %s', (command, line) => {
    expect(run(open(), 'h1', command)).toEqual({ status: 1, output: [line], error: [] });
  });

  it('says that nobody serves, that nobody answers, and what it does not understand', () => {
    const lab = openLab(HOSTS);
    expect(run(lab, 'h1', 'lookup www.example.test').error).toEqual(['lookup: 192.0.2.53: Connection refused']);
    expect(run(lab, 'h1', 'lookup www.example.test 192.0.2.9').error).toEqual(['lookup: 192.0.2.9: No route to host']);
    expect(run(lab, 'ns', 'lookup www.example.test').error).toEqual([
      'lookup: no DNS server is set; name one, or set it with netcfg dns ADDRESS',
    ]);
    expect(run(lab, 'h1', 'lookup a..b').error).toEqual(['lookup: a..b is no domain name']);
    expect(run(lab, 'h1', 'lookup -t FOO a').status).toBe(2);
  });
});

describe('the resolver', () => {
  it('asks the hosts table before DNS, and DNS alone with --no-hosts', () => {
    const lab = open();
    expect(run(lab, 'h1', 'ping -c 1 ns.eth0').output[0]).toMatch(/^PING ns\.eth0 \(192\.0\.2\.54\)/);
    expect(run(lab, 'h1', 'ping -c 1 ns').output[0]).toMatch(/^PING ns \(192\.0\.2\.54\)/);
    expect(run(lab, 'h1', 'ping -c 1 ns.example.test').output[0]).toMatch(/^PING ns\.example\.test \(192\.0\.2\.53\)/);
    expect(run(lab, 'h1', 'ping -c 1 --no-hosts ns').error).toEqual([
      'ping: ns: Temporary failure in name resolution (192.0.2.53: REFUSED)',
    ]);
  });

  it.each([
    ['nobody.example.test', 'Name or service not known (NXDOMAIN)'],
    ['example.test', 'No address associated with hostname'],
    ['a..b', 'Name or service not known (it is no name)'],
  ])('says of %s: %s', (name, words) => {
    expect(run(open(), 'h1', `ping -c 1 ${name}`)).toEqual({
      status: 2,
      output: [],
      error: [`ping: ${name}: ${words}`],
    });
  });

  it('tells SERVFAIL from silence, and asks twice, five seconds each', () => {
    const failing = openWith((query) => [Dns.encode(Dns.response(query, Dns.ResponseCode.ServerFailure))]);
    expect(run(failing, 'h1', 'ping x.test').error).toEqual([
      'ping: x.test: Temporary failure in name resolution (192.0.2.53: SERVFAIL)',
    ]);
    let asked = 0;
    const silent = openWith(() => {
      asked++;
      return [];
    });
    expect(run(silent, 'h1', 'ping x.test').error).toEqual([
      'ping: x.test: Temporary failure in name resolution (192.0.2.53: no answer)',
    ]);
    expect([asked, silent.now]).toEqual([2, 10_000_000_000]);
  });

  it('uses a random id and a random port for each question', () => {
    const ids = new Set<number>();
    const ports = new Set<number>();
    const lab = openLab(HOSTS);
    lab.start(
      'ns',
      function* (sys: Sys) {
        const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
        sys.sys_socket_bind(socket, { ip: '192.0.2.53', port: Dns.PORT });
        for (;;) {
          const { data, from } = yield* sys.sys_socket_recvfrom(socket, 1500);
          ids.add((data[0] ?? 0) * 256 + (data[1] ?? 0));
          ports.add((from as InetEnd).port);
        }
      },
      { background: true },
    );
    run(lab, 'h1', 'lookup a.test');
    run(lab, 'h1', 'lookup a.test');
    expect([ids.size, ports.size]).toEqual([4, 4]);
  });

  it('believes no answer to another question or with another id, and goes on waiting', () => {
    const lab = openWith((query) => {
      const right = Dns.response(query, Dns.ResponseCode.NoError);
      const wrong = { ...right, answers: [addressRecord('x.test', '192.0.2.66')] };
      return [
        Dns.encode({ ...wrong, id: query.id ^ 1 }),
        Dns.encode({ ...wrong, questions: [{ name: 'y.test', type: Dns.Type.A, class: Dns.Class.Internet }] }),
        Dns.encode({ ...wrong, isResponse: false }),
        new Uint8Array([1, 2, 3]),
        // Names in any case: RFC 4343.
        Dns.encode({ ...right, answers: [addressRecord('X.TEST', '192.0.2.53')] }),
      ];
    });
    expect(run(lab, 'h1', 'ping -c 1 x.test').output[0]).toMatch(/^PING x\.test \(192\.0\.2\.53\)/);
  });

  it('asks again without EDNS where the server does not know it (RFC 6891 §7)', () => {
    const seen: boolean[] = [];
    const lab = openWith((query) => {
      seen.push(query.edns !== null);
      if (query.edns !== null) {
        return [Dns.encode({ ...Dns.response(query, Dns.ResponseCode.FormatError), questions: [] })];
      }
      return [
        Dns.encode({
          ...Dns.response(query, Dns.ResponseCode.NoError),
          answers: [addressRecord('x.test', '192.0.2.53')],
        }),
      ];
    });
    expect(run(lab, 'h1', 'lookup x.test').output).toEqual(['x.test has address 192.0.2.53']);
    expect(seen).toEqual([true, false]);
  });

  it('notes that an answer was truncated', () => {
    const lab = openWith((query) => [
      Dns.encode({
        ...Dns.response(query, Dns.ResponseCode.NoError),
        truncated: true,
        answers: [addressRecord('x.test', '192.0.2.53')],
      }),
    ]);
    expect(run(lab, 'h1', 'lookup x.test')).toEqual({
      status: 0,
      output: ['x.test has address 192.0.2.53'],
      error: ['lookup: the answer was truncated'],
    });
  });

  it('comes out of aliases that lead in a circle', () => {
    const alias = (name: string, target: string): Dns.ResourceRecord => ({
      name,
      class: Dns.Class.Internet,
      timeToLive: 60,
      data: { type: Dns.Type.Cname, name: target },
    });
    const lab = openWith((query) => [
      Dns.encode({
        ...Dns.response(query, Dns.ResponseCode.NoError),
        answers: [alias('x.test', 'y.test'), alias('y.test', 'x.test')],
      }),
    ]);
    expect(run(lab, 'h1', 'ping x.test').error).toEqual(['ping: x.test: No address associated with hostname']);
  });
});

describe('dns-server', () => {
  it('answers from the address that was asked, of several', () => {
    const lab = open();
    // The socket is connected: an answer from the host's first address would not be heard.
    expect(run(lab, 'h1', 'lookup www.example.test 192.0.2.53').status).toBe(0);
    expect(run(lab, 'h1', 'lookup www.example.test 192.0.2.54').status).toBe(0);
  });

  it('survives what is no query, and says so', () => {
    const lab = openLab(HOSTS);
    const server = lab.start('ns', 'dns-server', { background: true });
    run(lab, 'h1', 'udp-send 192.0.2.53 53 hello');
    run(lab, 'h1', 'udp-send 192.0.2.53 53 "a header and more"');
    expect(run(lab, 'h1', 'lookup www.example.test').status).toBe(0);
    expect(server.lines.map(({ text }) => text.replace(/^192\.0\.2\.1:\d+ /, ''))).toEqual([
      'no query: ignored',
      'malformed: FORMERR',
      'www.example.test A: NOERROR, 1 answer',
    ]);
  });
});
