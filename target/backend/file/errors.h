// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "backend/backend.h"

namespace lungate::backend::file {

/// What an errno of a file operation means to the port. Every errno has a meaning: those without a
/// row are kIoError.
Status status_of(int error) noexcept;

}  // namespace lungate::backend::file
