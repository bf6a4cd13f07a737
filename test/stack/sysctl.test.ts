import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, getSysctl, INTERFACE_DEFAULTS, listSysctl, setSysctl } from '../../src/stack/sysctl.ts';
import { host } from './network.ts';

describe('settings', () => {
  it('are known by Linux’s names, with dots or slashes, with net.ipv4 or without', () => {
    const { stack } = host();
    for (const name of ['net.ipv4.ip_default_ttl', 'ip_default_ttl', 'net/ipv4/ip_default_ttl']) {
      expect(getSysctl(stack, name)).toBe(64);
    }
    expect(setSysctl(stack, 'net/ipv4/conf/eth0/rp_filter', 2)).toBeNull();
    expect(getSysctl(stack, 'net.ipv4.conf.eth0.rp_filter')).toBe(2);
    expect(getSysctl(stack, 'net.ipv4.conf.eth1.rp_filter')).toBe(0);
  });

  it.each([
    ['ip_forwards', 1, 'unknown'],
    ['conf.eth7.rp_filter', 1, 'unknown'],
    ['conf.eth0.ip_forward', 1, 'unknown'],
    ['conf.eth0.__proto__', 1, 'unknown'],
    ['constructor', 1, 'unknown'],
    ['', 1, 'unknown'],
    ['ip_forward', 2, 'invalid'],
    ['ip_forward', -1, 'invalid'],
    ['ip_default_ttl', 0, 'invalid'],
    ['ip_default_ttl', 256, 'invalid'],
    ['ip_default_ttl', 1.5, 'invalid'],
    ['ip_default_ttl', NaN, 'invalid'],
    ['conf.all.rp_filter', 3, 'invalid'],
    ['neigh.default.retrans_time_ms', 0, 'invalid'],
  ])('refuse %s = %d as %s', (name, value, why) => {
    expect(setSysctl(host().stack, name, value)).toBe(why);
  });

  it('are all listed, and each can be set to what it is', () => {
    const { stack } = host();
    const names = listSysctl(stack);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('net.ipv4.conf.default.accept_redirects');
    for (const name of names) expect(setSysctl(stack, name, getSysctl(stack, name)!)).toBeNull();
  });

  it('have one switch for forwarding, which turns every interface and, the other way, redirects', () => {
    for (const name of ['ip_forward', 'conf.all.forwarding']) {
      const { stack } = host();
      const seen = () =>
        ['ip_forward', 'conf.all.forwarding', 'conf.eth0.forwarding', 'conf.all.accept_redirects'].map((one) =>
          getSysctl(stack, one),
        );
      expect(seen()).toEqual([0, 0, 0, 1]);
      setSysctl(stack, name, 1);
      expect(seen()).toEqual([1, 1, 1, 0]);
      setSysctl(stack, 'conf.all.accept_redirects', 1);
      setSysctl(stack, name, 1);
      expect(seen()).toEqual([1, 1, 1, 1]);
      setSysctl(stack, 'conf.eth0.forwarding', 0);
      expect(seen()).toEqual([1, 1, 0, 1]);
      setSysctl(stack, name, 0);
      expect(seen()).toEqual([0, 0, 0, 1]);
    }
  });

  it('have defaults that reach the interfaces on which nobody has chosen otherwise', () => {
    const { stack } = host();
    setSysctl(stack, 'conf.eth0.rp_filter', 0);
    setSysctl(stack, 'conf.default.rp_filter', 1);
    expect(['default', 'eth0', 'eth1', 'all'].map((where) => getSysctl(stack, `conf.${where}.rp_filter`))).toEqual([
      1, 0, 1, 0,
    ]);
  });

  it('all stand in docs/settings.md, with their defaults, and nothing else does', () => {
    const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| ([a-z0-9_.]+) \| (\d+)/gm)].filter(([, name]) => name !== 'name');
    const documented = Object.fromEntries(rows.map(([, name = '', value]) => [name, Number(value)]));
    expect(documented).toEqual({ ...DEFAULTS, ...INTERFACE_DEFAULTS });
  });
});
