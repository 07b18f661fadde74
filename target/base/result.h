// SPDX-License-Identifier: LGPL-2.1-or-later

// A value or an error of the room's own type. tl::expected is not [[nodiscard]] and would let an
// ignored error compile in silence; this one does not.
#pragma once

#include <tl/expected.hpp>
#include <utility>

namespace lungate {

template <class T, class E>
class [[nodiscard]] Result : public tl::expected<T, E> {
 public:
  using tl::expected<T, E>::expected;
};

/// `return err(Error::kTooLong);` in a function that returns a Result.
template <class E>
tl::unexpected<std::decay_t<E>> err(E&& error) {
  return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace lungate
