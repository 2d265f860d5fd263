#include "harness/delivery/accepted.hpp"

#include <utility>

namespace smtpspec::delivery {

record::Delivery delivery_of(const reference::Accepted& mail, std::string road) {
  record::Delivery delivery = envelope_of(mail, std::move(road));
  delivery.message = mail.message;
  return delivery;
}

record::Delivery envelope_of(const reference::Accepted& mail, std::string road) {
  record::Delivery delivery;
  delivery.reverse_path = mail.reverse_path;
  delivery.mail_parameters = mail.mail_parameters;
  delivery.recipients.emplace();
  for (const auto& recipient : mail.recipients)
    delivery.recipients->push_back({recipient.forward_path, recipient.parameters});
  delivery.road = std::move(road);
  delivery.client = mail.client;
  return delivery;
}

}  // namespace smtpspec::delivery
