/** The kinds of devices that a topology can name. A new kind is a file beside this one and a line here. */
import * as Host from './host.ts';
import * as Hub from './hub.ts';
import * as Router from './router.ts';
import * as Switch from './switch.ts';

export const DEVICES = {
  host: Host.create,
  router: Router.create,
  switch: Switch.create,
  hub: Hub.create,
} as const;
