// SPDX-License-Identifier: Apache-2.0
import type { ObjectView } from '../kube-api/resources/object-view.js';

export interface ViewUse {
  /** Brings the view up to date: who reads sees everything that has happened. */
  readonly update: () => void;
  /** Called with 1 when a watch begins and -1 when it ends. */
  readonly onWatch: (change: 1 | -1) => void;
}

/** A view whose objects are made when somebody looks: most of the time nobody does. */
export function lazyView(view: ObjectView, { update, onWatch }: ViewUse): ObjectView {
  return {
    get(namespace, name) {
      update();
      return view.get(namespace, name);
    },
    list(namespace) {
      update();
      return view.list(namespace);
    },
    listAt: (version, namespace) => view.listAt(version, namespace),
    version() {
      update();
      return view.version();
    },
    watch(after, onChange) {
      update();
      const stop = view.watch(after, onChange);
      onWatch(1);
      let isWatching = true;
      return () => {
        stop();
        if (isWatching) onWatch(-1);
        isWatching = false;
      };
    },
  };
}
