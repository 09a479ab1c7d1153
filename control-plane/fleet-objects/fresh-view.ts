// SPDX-License-Identifier: Apache-2.0
import type { ObjectView } from '../kube-api/resources/object-view.js';

/** A view that is brought up to date before it is read: who reads sees everything that has happened. */
export function freshView(view: ObjectView, update: () => void): ObjectView {
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
    watch: (after, onChange) => view.watch(after, onChange),
  };
}
