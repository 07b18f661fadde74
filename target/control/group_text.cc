// SPDX-License-Identifier: LGPL-2.1-or-later

// A group's text out of RADOS, at a start, at a reload and for `--check`. What the cluster says no
// to is an error of the environment, told with the configuration's other errors: there is no text
// to serve by.
#include "control/group_text.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "ceph/bounded.h"
#include "ceph/cluster.h"
#include "ceph/pool.h"
#include "ceph/text_store.h"
#include "config/names.h"
#include "config/secrets.h"

namespace lungate::control {
namespace {

using Text = Result<std::string, std::string>;

Text read_object(const config::Ceph& ceph, const config::GroupObject& place) {
  ceph::ClusterSettings settings;
  settings.conf_file = ceph.conf;
  settings.user = ceph.user;
  auto cluster = ceph::Cluster::connect(settings);
  if (!cluster) return err(std::move(cluster.error().text));
  auto pool = ceph::Pool::open(*cluster, place.pool, place.name_space);
  if (!pool) return err(std::move(pool.error().text));
  const auto version = ceph::TextStore(std::move(*pool), place.object).current();
  if (!version) return err(version.error().text);
  if (!*version) return err(std::string("there is no text in it yet"));
  return (*version)->text;
}

}  // namespace

// On a thread of its own: a pool without an OSD never answers.
Result<std::string, std::string> read_group_text(const config::Config& own) {
  const auto place = config::parse_group_object(own.gateway.group);
  const auto read = std::make_shared<std::optional<Text>>();
  const bool in_time = ceph::run_bounded(limits::kGroupReadTimeout, [read, ceph = own.ceph, place] {
    read->emplace(read_object(ceph, *place));
  });
  if (!in_time) return err(std::string("the cluster does not answer"));
  return std::move(**read);
}

Result<config::Config, config::Errors> read_config(const std::string& file) {
  return config::parse_with_secrets(file, read_group_text);
}

}  // namespace lungate::control
