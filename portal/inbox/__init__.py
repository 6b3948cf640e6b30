"""What might become an item: feeds of news and vacancies, link previews, ideas from colleagues."""
