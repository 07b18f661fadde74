// SPDX-License-Identifier: LGPL-2.1-or-later

// One question to the target's control socket, and its answer.
#pragma once

#include <chrono>
#include <string>

#include "api/messages.h"
#include "base/result.h"

namespace lungate::ctl {

/// How long the target may take to answer: a reload waits for its changes to be applied.
inline constexpr std::chrono::milliseconds kAnswerTimeout{30'000};

/// Connects, asks, reads one line, closes. Blocks for at most `timeout`. The error is a sentence
/// for the operator: that the target is not running, say. A reply that says "error" is a value.
Result<api::Reply, std::string> ask(const std::string& socket_path, const api::Request& request,
                                    std::chrono::milliseconds timeout = kAnswerTimeout);

}  // namespace lungate::ctl
