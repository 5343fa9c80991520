//! A blog on models: sign-up by a lightweight transaction, posts with static columns of their author, comments and their
//! counters, a batch that keeps two tables together, and rows that are changed by one writer at a time.

use cql_mapper::prelude::*;
use cql_mapper::schema::Schema;
use cql_mapper::{Error, Lwt};
use std::collections::BTreeSet;

/// Who may write. The name is the key, so that nobody has it twice.
#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "authors")]
struct Author {
    #[cql(partition_key)]
    name: String,
    #[cql(validate = address)]
    email: String,
    #[cql(default)]
    bio: Option<String>,
    #[cql(version)]
    version: i32,
}

fn address(email: &str) -> Result<(), &'static str> {
    if email.contains('@') { Ok(()) } else { Err("not an address") }
}

/// The posts of an author, newest first, and what is said once for all of them.
#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "posts", mirror(PostByTag))]
struct Post {
    #[cql(partition_key)]
    author: String,
    #[cql(clustering_key(desc))]
    id: TimeUuid,
    /// The title of the author's blog.
    #[cql(static)]
    blog: Option<String>,
    title: String,
    text: String,
    tag: String,
    readers: BTreeSet<String>,
}

/// The same posts by their tags.
#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "posts_by_tag")]
struct PostByTag {
    #[cql(partition_key)]
    tag: String,
    #[cql(clustering_key(desc))]
    id: TimeUuid,
    author: String,
    title: String,
}

impl From<&Post> for PostByTag {
    fn from(post: &Post) -> Self {
        let Post { tag, id, author, title, .. } = post.clone();
        PostByTag { tag, id, author, title }
    }
}

#[derive(Model, Debug)]
#[cql(table = "post_figures")]
struct Figures {
    #[cql(partition_key)]
    id: TimeUuid,
    views: Counter,
    likes: Counter,
}

/// Makes an author, or says who has the name.
async fn sign_up(db: &Mapper, name: &str, email: &str) -> Result<Result<Author, Author>, Error> {
    let author = Author { name: name.to_owned(), email: email.to_owned(), bio: None, version: 1 };
    match author.insert().if_not_exists().exec(db).await? {
        Lwt::Applied => Ok(Ok(author)),
        Lwt::NotApplied(existing) => Ok(Err(existing.unwrap_or(author))),
    }
}

fn post(author: &str, title: &str, tag: &str) -> Post {
    Post {
        author: author.to_owned(),
        id: TimeUuid::now(),
        blog: None,
        title: title.to_owned(),
        text: format!("About {title}."),
        tag: tag.to_owned(),
        readers: BTreeSet::new(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let session = cql_examples::connect("example_model_blog").await?;
    let db = Mapper::new(session.clone());
    let schema = Schema::new().model::<Author>().model::<Post>().model::<PostByTag>().model::<Figures>();
    schema.plan(&db).await?.apply(&db).await?;

    // A name is taken once, whoever asks at the same time.
    println!("{:?}", sign_up(&db, "ada", "ada@example.org").await?.map(|author| author.name));
    println!("{:?}", sign_up(&db, "ada", "other@example.org").await?.map_err(|existing| existing.email));
    let refused = sign_up(&db, "bob", "nowhere").await;
    println!("{}", refused.map_or_else(|error| error.to_string(), |_| "signed up".to_owned()));

    // Both tables have the post, or none.
    let posts = [post("ada", "Engines", "machines"), post("ada", "Looms", "machines")];
    for post in &posts {
        post.insert_all().exec(&db).await?;
    }
    Post::update_partition("ada").set(Post.blog.to("Notes on notes")).exec(&db).await?;
    let newest = Post::objects().filter(Post.author.eq("ada")).limit(1).one(&db).await?;
    println!("{}: {}", newest.blog.as_deref().unwrap_or_default(), newest.title);
    let tagged = PostByTag::objects().filter(PostByTag.tag.eq("machines"));
    let titles: Vec<(String,)> = tagged.columns((PostByTag.title,)).all(&db).await?;
    println!("tagged: {titles:?}");

    // What is behind a post in its author's list.
    let older = Post::objects().filter(Post.author.eq("ada")).filter(Post.id.lt(newest.id)).all(&db).await?;
    println!("before it: {:?}", older.iter().map(|post| &post.title).collect::<Vec<_>>());

    // A reader: one statement for the set, counters by themselves.
    Post::update(("ada", newest.id)).set(Post.readers.add(["grace"])).exec(&db).await?;
    let view = Figures::update(newest.id).set(Figures.views.incr(1)).set(Figures.likes.incr(1));
    Batch::counter().add(view).exec(&db).await?;
    println!("{:?}", Figures::find(newest.id).one(&db).await?);

    // Of two that change an author at a time, one is told to look again.
    let mut mine = Author::find("ada").tracked(&db).await?;
    let mut theirs = Author::find("ada").tracked(&db).await?;
    mine.bio = Some("Countess".to_owned());
    theirs.bio = Some("Mathematician".to_owned());
    mine.save().exec(&db).await?;
    if let Err(error @ Error::Outdated { .. }) = theirs.save().exec(&db).await {
        println!("{error}");
    }

    // A post goes from both tables.
    let gone = Post::find(("ada", posts[0].id)).delete();
    let mirror = PostByTag::find(("machines", posts[0].id)).delete();
    Batch::logged().add(gone).add(mirror).exec(&db).await?;
    println!("{} post left", Post::objects().filter(Post.author.eq("ada")).count(&db).await?);
    cql_examples::finish(session).await?;
    Ok(())
}
