//! What the company itself does: its strategy, its website, what it wants to be seen.

use serde_json::{Value, json};

use super::story::{DAY, HOUR, Open, Story, Who};

const QUESTIONS: [(&str, &str); 5] = [
    ("What do you do?", "We make things that last, and look after them."),
    ("Who are your customers?", "Companies and families nearby."),
    ("Why do they come to you?", "We answer the same day and keep our dates."),
    ("What do you want to reach this year?", "A third more customers, and no late delivery."),
    ("How do you work?", "In small teams, each with its own customers."),
];

const PAGES: [(&str, &str); 4] = [
    ("/", "Welcome"),
    ("/about", "Who we are"),
    ("/offer", "What we offer"),
    ("/contact", "Where to find us"),
];

pub(super) fn tell(story: &mut Story<'_>) {
    strategy(story);
    website(story);
    for (month, title) in [(4, "Plan the stand at the spring fair"), (8, "Prices change next month")] {
        let item = json!({ "id": story.id(), "scope": "module.leads", "importance": 2, "title": title,
                           "action_required": true });
        story.happen(month * 30 * DAY, Who::Owner, "pulse_item.raise", None, item);
    }
}

fn strategy(story: &mut Story<'_>) {
    let mut at = 10 * HOUR;
    let mut then = |story: &mut Story<'_>, command, body: Value| {
        at += story.between(HOUR, DAY);
        story.happen(at, Who::Owner, command, None, body);
    };
    then(story, "brief.start", json!({}));
    for (question, answer) in QUESTIONS {
        then(story, "brief.record-answer", json!({ "question": question, "answer": answer }));
    }
    then(story, "brief.confirm-ready", json!({}));
    let sections = json!({
        "identity": story.org.name,
        "audience": "Companies and families within an hour's drive.",
        "offerings": "Good work, delivered when it was promised.",
        "positioning": "The only ones who answer the same day.",
        "goals": "A third more customers this year.",
    });
    then(story, "brief.submit-draft", json!({ "sections": sections }));
    then(story, "brief.approve", json!({}));
}

fn website(story: &mut Story<'_>) {
    let site = story.id();
    let mut at = 20 * DAY;
    let body = json!({ "id": site, "name": story.org.name, "slug": "home" });
    story.happen(at, Who::Owner, "site.create", None, body);
    for (path, title) in PAGES {
        let page = story.id();
        let blocks = json!([{ "type": "heading", "level": 2, "text": title },
                            { "type": "text", "text": format!("{}: {title}.", story.org.name) }]);
        at += HOUR;
        let body = json!({ "id": page, "site_id": site, "path": path, "title": title, "blocks": blocks });
        story.happen(at, Who::Member, "page.add", None, body);
        at += HOUR;
        story.happen(at, Who::Member, "page.request-preview", Some(page), json!({}));
    }
    at += HOUR;
    story.happen(at, Who::Owner, "site.publish", Some(site), json!({}));
    let done = json!({ "url": "https://www.example.com", "build_id": "build-1" });
    let soon = HOUR / 30;
    story.happen_open(at + soon, Who::System, "site.complete-publish", Some(site), done, Open::Publishing);
}
