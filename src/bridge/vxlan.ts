/**
 * The VXLAN header in front of a frame in a UDP datagram. RFC 7348 §5.
 *
 *     |R|R|R|R|I|R|R|R|            Reserved            |
 *     |          VXLAN Network Identifier (VNI)  | Reserved |
 */

export const HEADER_LENGTH = 8;
/** The I flag: the VNI is valid. */
const FLAG_I = 0x08;

const FLAGS = 0;
const VNI = 4;

/** Whether a frame of this VNI follows. The reserved bits are "ignored on receipt". */
export function accepts(datagram: Uint8Array, vni: number): boolean {
  if (datagram.length < HEADER_LENGTH) return false;
  if ((datagram[FLAGS]! & FLAG_I) === 0) return false;
  return ((datagram[VNI]! << 16) | (datagram[VNI + 1]! << 8) | datagram[VNI + 2]!) === vni;
}

export function write(datagram: Uint8Array, vni: number): void {
  datagram.fill(0, 0, HEADER_LENGTH);
  datagram[FLAGS] = FLAG_I;
  datagram[VNI] = vni >>> 16;
  datagram[VNI + 1] = (vni >>> 8) & 0xff;
  datagram[VNI + 2] = vni & 0xff;
}
