// SPDX-License-Identifier: LGPL-2.1-or-later
// In the place of react-custom-scrollbars-2, whose old form of module the bundler gives to
// Grafana's table as an object: a picture does not scroll.
import { Component, type ReactNode } from 'react';

export default class Scrollbars extends Component<{ children?: ReactNode }> {
  scrollTop() {}
  render() {
    return (
      <div style={{ width: '100%', height: '100%', overflow: 'hidden' }}>{this.props.children}</div>
    );
  }
}
